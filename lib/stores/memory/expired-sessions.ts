import { nextTurn } from '../../core/util/clock.js';
import type { SessionKey } from '../../core/session-id.js';
import type { Entry } from './entry.js';
import { ExpiryQueue } from './expiry-queue.js';

/** How many sessions are freed, or looked at, in one turn of the event loop: a few milliseconds. */
const AT_ONCE = 2000;
const EVERY_MS = 500;
/** A clock that is further off than this is that of a test. Milliseconds. */
const SAME_CLOCK_MS = 10_000;

/**
 * Frees expired sessions: in a sweep, and by a timer that exists while there are sessions. The timer keeps neither the
 * process nor the store alive.
 */
export class ExpiredSessions {
  readonly #entries: ReadonlyMap<SessionKey, Entry>;
  readonly #drop: (key: SessionKey) => unknown;
  readonly #queue: ExpiryQueue;
  #timer: NodeJS.Timeout | null = null;
  /** Whether sessions are written by the clock of this machine. */
  #isRealTime = true;
  #isFreeing = false;

  constructor(entries: ReadonlyMap<SessionKey, Entry>, drop: (key: SessionKey) => unknown) {
    this.#entries = entries;
    this.#drop = drop;
    this.#queue = new ExpiryQueue((key) => entries.get(key)?.expiresAt);
  }

  /** Adds a session, also one whose time was shortened. */
  add(key: SessionKey, { expiresAt }: Entry): void {
    this.#queue.add(key, expiresAt, this.#entries.size);
    this.#timer ??= startTimer(new WeakRef(this));
  }

  /** Compares the time of a write with the clock of this machine, to recognise the clock of a test. */
  noteTime(now: number): void {
    this.#isRealTime = Math.abs(now - Date.now()) < SAME_CLOCK_MS;
  }

  /** There are no sessions any more. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Frees sessions that had expired at an instant, and lets requests come between. Resolves with how many. */
  async free(before: number, limit: number): Promise<number> {
    for (let count = 0; ;) {
      const { freed, isDone } = this.#freeSome(before, Math.min(limit - count, AT_ONCE));
      count += freed;
      if (isDone) return count;
      await new Promise<void>((resolve) => nextTurn(resolve));
      if (count >= limit) return count;
    }
  }

  /** By the clock of this machine. A test may have its own: its sessions wait for a sweep. */
  freeNow(): void {
    if (this.#isRealTime && !this.#isFreeing) this.#freeOn();
  }

  #freeOn(): void {
    this.#isFreeing = !this.#freeSome(Date.now(), AT_ONCE).isDone;
    if (this.#isFreeing) nextTurn(() => this.#freeOn());
  }

  #freeSome(before: number, limit: number): { freed: number; isDone: boolean } {
    for (let freed = 0; freed < limit; freed++) {
      const key = this.#queue.next(before, AT_ONCE);
      if (key === null) return { freed, isDone: true };
      if (key === 'more') return { freed, isDone: false };
      this.#drop(key);
    }
    return { freed: limit, isDone: false };
  }
}

function startTimer(sessions: WeakRef<ExpiredSessions>): NodeJS.Timeout {
  const timer = setInterval(() => {
    const held = sessions.deref();
    if (held === undefined) clearInterval(timer);
    else held.freeNow();
  }, EVERY_MS);
  return timer.unref();
}
