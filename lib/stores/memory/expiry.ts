import { nextTurn } from '../../core/util/clock.js';
import type { SessionKey } from '../../core/session-id.js';
import type { Entry } from './entry.js';

/** Sessions that are freed or checked in one turn of the event loop, which takes a few milliseconds. */
const BATCH = 2000;
const EVERY_MS = 500;
/** Removes a session. */
type Drop = (key: SessionKey) => unknown;

/** A larger difference to the clock of this machine means that sessions have the clock of a test. */
const SAME_CLOCK_MS = 10_000;

/**
 * Frees expired sessions, in a sweep and by a timer. The timer runs only while there are sessions. It keeps
 * neither the process nor the store alive.
 */
export class ExpiredSessions {
  readonly #entries: ReadonlyMap<SessionKey, Entry>;
  readonly #drop: Drop;
  readonly #queue: ExpiryQueue;
  #timer: NodeJS.Timeout | null = null;
  /** Whether sessions have the clock of this machine. */
  #isRealTime = true;
  #isFreeing = false;
  /** While it is above 0, the timer frees no sessions. */
  #holds = 0;

  constructor(entries: ReadonlyMap<SessionKey, Entry>, drop: Drop) {
    this.#entries = entries;
    this.#drop = drop;
    this.#queue = new ExpiryQueue((key) => entries.get(key)?.expiresAt);
  }

  /** Adds a session. Must also be called when a session expires earlier than before. */
  add(key: SessionKey, { expiresAt }: Entry): void {
    this.#queue.add(key, expiresAt, this.#entries.size);
    this.#timer ??= startTimer(new WeakRef(this));
  }

  /** Compares the time of a write with the clock of this machine, to detect the clock of a test. */
  noteTime(now: number): void {
    this.#isRealTime = Math.abs(now - Date.now()) < SAME_CLOCK_MS;
  }

  /** Stops the timer. Must be called when no session is left. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Leaves expired sessions to {@link free} until the returned function is called. */
  hold(): () => void {
    let isHeld = true;
    this.#holds++;
    return () => {
      if (isHeld) this.#holds--;
      isHeld = false;
    };
  }

  /**
   * Frees sessions that had expired at an instant, in batches with requests in between. `drop` removes each.
   */
  async free(before: number, limit: number, drop: Drop = this.#drop): Promise<number> {
    for (let count = 0; ;) {
      const { freed, isDone } = this.#freeSome(before, Math.min(limit - count, BATCH), drop);
      count += freed;
      if (isDone) return count;
      await new Promise<void>((resolve) => nextTurn(resolve));
      if (count >= limit) return count;
    }
  }

  /** Frees sessions by the clock of this machine. Sessions with the clock of a test wait for a sweep. */
  freeNow(): void {
    if (this.#isRealTime && !this.#isFreeing) this.#freeOn();
  }

  #freeOn(): void {
    this.#isFreeing = this.#holds === 0 && !this.#freeSome(Date.now(), BATCH, this.#drop).isDone;
    if (this.#isFreeing) nextTurn(() => this.#freeOn());
  }

  #freeSome(before: number, limit: number, drop: Drop): { freed: number; isDone: boolean } {
    for (let freed = 0; freed < limit; freed++) {
      const key = this.#queue.next(before, BATCH);
      if (key === null) return { freed, isDone: true };
      if (key === 'more') return { freed, isDone: false };
      drop(key);
    }
    return { freed: limit, isDone: false };
  }
}

function startTimer(sessions: WeakRef<ExpiredSessions>): NodeJS.Timeout {
  const timer = setInterval(() => {
    const target = sessions.deref();
    if (target === undefined) clearInterval(timer);
    else target.freeNow();
  }, EVERY_MS);
  return timer.unref();
}

/** Number of outdated keys that the queue tolerates before it removes all of them. */
const SPARE = 1000;

/** The current expiry of a session; `undefined` when the session does not exist. */
type ExpiryOf = (key: SessionKey) => number | undefined;

/**
 * Priority queue of session keys by expiry: a binary heap, earliest first.
 *
 * A session that expires later than before keeps its place, and is moved when it reaches the top, so a touch
 * costs nothing. Times and keys are in two arrays: 16 bytes per session, and no object per session for the
 * garbage collector.
 */
export class ExpiryQueue {
  #times: number[] = [];
  #keys: SessionKey[] = [];
  readonly #expiryOf: ExpiryOf;

  constructor(expiryOf: ExpiryOf) {
    this.#expiryOf = expiryOf;
  }

  /** Adds a session, also one that expires earlier than before. `sessions` is the current count. */
  add(key: SessionKey, expiresAt: number, sessions: number): void {
    if (this.#keys.length >= 2 * sessions + SPARE) this.#removeOutdated();
    this.#insert(key, expiresAt);
  }

  /**
   * Removes and returns the next session that has expired at an instant. `null` when no session has expired;
   * `'more'` after `maxChecks` keys without an expired session.
   */
  next(before: number, maxChecks: number): SessionKey | 'more' | null {
    for (let checks = 0; this.#times.length > 0 && this.#times[0]! <= before; checks++) {
      if (checks === maxChecks) return 'more';
      const key = this.#takeFirst();
      const expiresAt = this.#expiryOf(key);
      if (expiresAt === undefined) continue;
      if (expiresAt <= before) return key;
      this.#insert(key, expiresAt);
    }
    return null;
  }

  #removeOutdated(): void {
    const keys = new Set(this.#keys);
    this.#times = [];
    this.#keys = [];
    for (const key of keys) {
      const expiresAt = this.#expiryOf(key);
      if (expiresAt !== undefined) this.#insert(key, expiresAt);
    }
  }

  #insert(key: SessionKey, time: number): void {
    let at = this.#times.length;
    for (let parent; at > 0 && this.#times[(parent = (at - 1) >> 1)]! > time; at = parent)
      this.#set(at, this.#times[parent]!, this.#keys[parent]!);
    this.#set(at, time, key);
  }

  #takeFirst(): SessionKey {
    const first = this.#keys[0]!;
    const time = this.#times.pop()!;
    const key = this.#keys.pop()!;
    const { length } = this.#times;
    if (length === 0) return first;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= time) break;
      this.#set(at, this.#times[child]!, this.#keys[child]!);
      at = child;
    }
    this.#set(at, time, key);
    return first;
  }

  #set(at: number, time: number, key: SessionKey): void {
    this.#times[at] = time;
    this.#keys[at] = key;
  }
}
