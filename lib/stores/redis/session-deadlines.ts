import type { SessionKey } from '../../core/session-id.js';
import { NEVER, type SessionPatch } from '../../core/store/session-record.js';
import type { StoredSession } from '../../core/store/session-store.js';
import { CLAIM, DUE, NOTE, SETTLE } from './deadline-scripts.js';
import type { PrincipalEntries } from './principal-entries.js';
import { type RedisAccess, wordOf } from './redis-access.js';
import { decodeFields, textOf } from './redis-record.js';

/** Number of sets in a cluster, so that the writes go to several servers. */
const SHARDS = 16;

/** A member of a set: a key, and when its session expires at the earliest, as text. */
interface Deadline {
  readonly key: SessionKey;
  readonly at: string;
}

/** What a claim has found for a member, and its next time; `''` for none. */
interface Examined extends Deadline {
  readonly session: StoredSession | null;
  readonly next: string;
}

/**
 * The keys of all sessions by expiry, in sorted sets, so that expired sessions are found before Redis removes
 * them.
 *
 * The time of a member may be too early, and is then corrected by a claim: a touch need not move it. A member
 * without a session is harmless, and removed by a claim. So the set and the record need no common step.
 */
export class SessionDeadlines {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;

  constructor(access: RedisAccess, entries: PrincipalEntries) {
    this.#access = access;
    this.#entries = entries;
  }

  /** Notes when a session expires, concurrently with the write of its record. */
  async during<T>(
    key: SessionKey,
    { expiresAt, touchedAt }: Pick<SessionPatch, 'expiresAt' | 'touchedAt'>,
    write: () => Promise<T>,
  ): Promise<T> {
    if (expiresAt >= NEVER) return write();
    const args = [key, String(expiresAt), String(touchedAt)];
    const [, result] = await Promise.all([this.#access.run(NOTE, [this.#shardOf(key)], args), write()]);
    return result;
  }

  /** Removes sessions that had expired at an instant, and returns them. */
  async claim(before: number, limit: number): Promise<StoredSession[]> {
    const claimed: StoredSession[] = [];
    try {
      for (const shard of this.#shards) await this.#claimIn(shard, before, limit, claimed);
    } catch (error) {
      // The sessions are gone from the server: nobody else can report them.
      if (claimed.length === 0) throw error;
    }
    return claimed;
  }

  async #claimIn(shard: string, before: number, limit: number, claimed: StoredSession[]): Promise<void> {
    while (claimed.length < limit) {
      const most = limit - claimed.length;
      const due = await this.#due(shard, before, most);
      const results = await Promise.allSettled(due.map((member) => this.#examine(member, before)));
      const examined = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const sessions = examined.flatMap(({ session }) => (session === null ? [] : [session]));
      claimed.push(...sessions);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      await Promise.all([this.#settle(shard, examined), this.#unlist(sessions)]);
      if (due.length < most) return;
    }
  }

  async #due(shard: string, before: number, limit: number): Promise<Deadline[]> {
    const reply = (await this.#access.run(DUE, [shard], [String(before), String(limit)])).map(String);
    return reply.flatMap((key, n) => (n % 2 === 0 ? [{ key: key as SessionKey, at: reply[n + 1]! }] : []));
  }

  async #examine({ key, at }: Deadline, before: number): Promise<Examined> {
    const reply = await this.#access.run(CLAIM, [this.#access.sessionKey(key)], [String(before)]);
    const word = wordOf<'missing' | 'later' | 'claimed'>(reply);
    if (word === 'later') {
      const next = String(reply[1]);
      return { key, at, session: null, next: Number(next) < NEVER ? next : '' };
    }
    const record = word === 'claimed' ? decodeFields(reply[1]) : null;
    return { key, at, session: record && { key, record }, next: '' };
  }

  async #settle(shard: string, examined: readonly Examined[]): Promise<void> {
    if (examined.length === 0) return;
    await this.#access.run(
      SETTLE,
      [shard],
      examined.flatMap(({ key, at, next }) => [key, at, next]),
    );
  }

  async #unlist(sessions: readonly StoredSession[]): Promise<void> {
    await Promise.all(
      sessions.map(async ({ key, record: { principal } }) => {
        if (principal !== null) await this.#entries.remove(textOf(principal), [key]);
      }),
    );
  }

  get #shards(): string[] {
    const count = this.#access.isCluster ? SHARDS : 1;
    return Array.from({ length: count }, (_, n) => this.#access.deadlineKey(n));
  }

  #shardOf(key: SessionKey): string {
    if (!this.#access.isCluster) return this.#access.deadlineKey(0);
    let sum = 0;
    for (let at = 0; at < key.length; at++) sum = (sum * 31 + key.charCodeAt(at)) % 65_521;
    return this.#access.deadlineKey(sum % SHARDS);
  }
}
