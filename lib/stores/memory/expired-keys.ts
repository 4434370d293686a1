import type { Entry } from './entry.js';
import { nextTurn } from '../../core/next-turn.js';
import type { SessionKey } from '../../core/session-key.js';

/** So many sessions are looked at in one turn: some milliseconds. */
const LOOKED_AT_ONCE = 10_000;

/** Finds what is over in one walk, and remembers it for the batches of a sweep. */
export class ExpiredKeys {
  readonly #entries: ReadonlyMap<SessionKey, Entry>;
  readonly #found: SessionKey[] = [];

  constructor(entries: ReadonlyMap<SessionKey, Entry>) {
    this.#entries = entries;
  }

  /** Looks at all sessions, and lets requests come between. */
  async find(before: number): Promise<void> {
    let looked = 0;
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= before) this.#found.push(key);
      if (++looked % LOOKED_AT_ONCE === 0) await new Promise<void>((resolve) => nextTurn(resolve));
    }
  }

  /** One that was found and is over still; `null` when there is none left. */
  next(before: number): SessionKey | null {
    for (let key = this.#found.pop(); key !== undefined; key = this.#found.pop()) {
      const entry = this.#entries.get(key);
      if (entry !== undefined && entry.expiresAt <= before) return key;
    }
    return null;
  }
}
