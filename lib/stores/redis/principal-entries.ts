import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch } from '../../core/store/session-record.js';
import { type RedisAccess, wordOf } from './redis-access.js';
import { ENLIST, LIST } from './redis-scripts.js';

/** How many members are asked for at once. */
const PAGE = 100;

/**
 * The sessions of principals, as sorted sets of keys by expiry. Principals are texts as `textOf` makes them.
 *
 * A member without a session does no harm: a listing finds it out and removes it, and so does the next member of the
 * set a day after its time is over. A session without a member would not be found: so members come before and go after.
 */
export class PrincipalEntries {
  readonly #access: RedisAccess;

  constructor(access: RedisAccess) {
    this.#access = access;
  }

  /** Adds a session that exists. */
  async add(principal: string, key: SessionKey, times: Times): Promise<void> {
    await this.#enlist(principal, key, times, 'add');
  }

  /** Moves a session to a later time, and answers whether it was listed at all. */
  async move(principal: string, key: SessionKey, times: Times): Promise<boolean> {
    return (await this.#enlist(principal, key, times, 'move')) === 'listed';
  }

  async strike(principal: string, keys: readonly SessionKey[]): Promise<void> {
    if (keys.length === 0) return;
    const index = this.#access.indexKey(principal);
    await this.#access.send('zrem', [index, ...keys], index);
  }

  /** The next members after so many that were seen, those that last longest first; all, or those not over at an instant. */
  async page(principal: string, at: number | null, seen: number): Promise<SessionKey[]> {
    const words = [at === null ? '-inf' : `(${at}`, String(seen), String(PAGE)];
    const members = await this.#access.run(LIST, [this.#access.indexKey(principal)], words);
    return members.map((member) => String(member) as SessionKey);
  }

  async #enlist(principal: string, key: SessionKey, times: Times, how: 'add' | 'move'): Promise<string> {
    const words = [key, String(times.expiresAt), String(times.touchedAt), how];
    return wordOf(await this.#access.run(ENLIST, [this.#access.indexKey(principal)], words));
  }
}

type Times = Pick<SessionPatch, 'touchedAt' | 'expiresAt'>;
