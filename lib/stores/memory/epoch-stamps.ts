import type { SessionKey } from '../../core/session-id.js';
import type { SessionRecord } from '../../core/store/session-record.js';

/**
 * The epochs of realms, and those of sessions by key. Both are empty before the first `advanceEpoch()`, so an
 * application that does not use epochs pays for no field in each session.
 */
export class EpochStamps {
  /** Whether any epoch was advanced or stamped: if not, nothing is refused. */
  isUsed = false;
  readonly #realms = new Map<string, number>();
  readonly #stamps = new Map<SessionKey, number>();

  /** The present epoch of a realm. */
  now(realm: string): number {
    return this.#realms.get(realm) ?? 0;
  }

  /** Adds one to the epoch of a realm and returns it. */
  advance(realm: string): number {
    const next = this.now(realm) + 1;
    this.isUsed = true;
    this.#realms.set(realm, next);
    return next;
  }

  /** Sets the epoch of a session. */
  stamp(key: SessionKey, epoch: number): void {
    if (epoch === 0) return;
    this.isUsed = true;
    this.#stamps.set(key, epoch);
  }

  /** Forgets a session that has ended. */
  forget(key: SessionKey): void {
    if (this.isUsed) this.#stamps.delete(key);
  }

  /** Whether the present epoch of a realm refuses a session. */
  refuses(key: SessionKey, realm: string): boolean {
    return this.isUsed && (this.#stamps.get(key) ?? 0) < this.now(realm);
  }

  /** A record of a session with its epoch. */
  stamped(key: SessionKey, record: SessionRecord): SessionRecord {
    const epoch = this.#stamps.get(key);
    return epoch === undefined ? record : { ...record, epoch };
  }
}
