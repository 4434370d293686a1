import { nextTurn } from './next-turn.js';
import type { SessionKey } from './session-key.js';
import type { SessionRecord } from './session-record.js';
import type { Answer } from './session-store.js';

/**
 * Loads of one session that are asked for at the same moment are one.
 *
 * The moment is a turn of the event loop: requests that were read in one turn had all come before the first of them asked
 * the store, so none of them can be given less than was answered before it was sent. A write ends the moment of its session.
 */
export class SharedLoads {
  readonly #loads = new Map<SessionKey, Promise<SessionRecord | null>>();

  share(
    key: SessionKey,
    load: (key: SessionKey) => Answer<SessionRecord | null>,
  ): Answer<SessionRecord | null> {
    const shared = this.#loads.get(key);
    if (shared !== undefined) return shared;
    const answer = load(key);
    if (!(answer instanceof Promise)) return answer;
    if (this.#loads.size === 0) nextTurn(() => this.#loads.clear());
    this.#loads.set(key, answer);
    // A failure is for those who have met it.
    answer.catch(() => this.#loads.delete(key));
    return answer;
  }

  /** What was asked before a write says nothing of what is there after it. */
  forget(key: SessionKey): void {
    this.#loads.delete(key);
  }
}
