import type { SessionKey } from '../../core/session-id.js';
import type { SessionRecord } from '../../core/store/session-record.js';
import type { RedisEpochs } from './redis-epochs.js';
import { type RedisAccess, type ScriptReply, wordOf } from './redis-access.js';
import { decodeFields } from './redis-record.js';
import { LOAD } from './redis-scripts.js';

/** What a load returns. */
export type Loaded = SessionRecord | 'corrupt' | 'revoked' | null;

/** Loads sessions in one round trip. */
export class SessionReader {
  readonly #access: RedisAccess;
  readonly #epochs: RedisEpochs;

  constructor(access: RedisAccess, epochs: RedisEpochs) {
    this.#access = access;
    this.#epochs = epochs;
  }

  /** With a realm, compares with its epoch: on one server in the same command, in a cluster beside it. */
  async load(key: SessionKey, realm?: string): Promise<Loaded> {
    const keys = [this.#access.sessionKey(key)];
    if (realm === undefined) return loadedOf(await this.#access.run(LOAD, keys, []));
    if (!this.#access.isCluster) {
      keys.push(this.#access.epochKey(realm));
      return loadedOf(await this.#access.run(LOAD, keys, []));
    }
    const [reply, epoch] = await Promise.all([this.#access.run(LOAD, keys, []), this.#epochs.recent(realm)]);
    const loaded = loadedOf(reply);
    return isRecord(loaded) && isRefused(loaded, epoch) ? 'revoked' : loaded;
  }
}

/** Whether an epoch refuses a record. */
export const isRefused = (record: SessionRecord, epoch: number): boolean => (record.epoch ?? 0) < epoch;

/** Whether a load has found a record. */
export const isRecord = (loaded: Loaded | undefined): loaded is SessionRecord =>
  typeof loaded === 'object' && loaded !== null;

function loadedOf(reply: ScriptReply): Loaded {
  if (reply.length > 1) return decodeFields(reply) ?? 'corrupt';
  const word = wordOf<'missing' | 'corrupt' | 'revoked'>(reply);
  return word === 'missing' ? null : word;
}
