/**
 * The result of a promise, when it settles within the limit; else rejects with the error that `late` makes. A
 * later result is ignored.
 *
 * For requests: the timer does not keep the process alive.
 */
export function withDeadline<T>(promise: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  return settle(promise, late, (expire) => setTimeout(expire, limitMs).unref());
}

/**
 * As {@link withDeadline}, for work that must end before the process: the timer keeps it alive. Without it
 * the process could exit in the middle of a shutdown, when nothing else is pending.
 */
export function withRefDeadline<T>(promise: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  return settle(promise, late, (expire) => setTimeout(expire, limitMs));
}

function settle<T>(
  promise: Promise<T>,
  late: () => Error,
  startTimer: (expire: () => void) => NodeJS.Timeout,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = startTimer(() => reject(late()));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Waits for a promise, at most for the limit. Rejects when the promise rejects within the limit. The timer
 * keeps the process alive.
 */
export async function waitAtMost(limitMs: number, promise: Promise<unknown>): Promise<void> {
  const late = new Error('late');
  await withRefDeadline(promise, limitMs, () => late).catch((error: unknown) => {
    if (error !== late) throw error;
  });
}

/** A pending call and its neighbours in the list. A call that is done has none, to free memory. */
interface Waiting {
  readonly dueAt: number;
  readonly giveUp: () => void;
  isDone: boolean;
  before: Waiting | null;
  after: Waiting | null;
}

/** Interval between two checks, as a part of the limit: a call may be given up late by this much. */
const PRECISION = 1 / 16;

/**
 * One time limit for many calls, with one timer for all of them. The timer runs only while a call is pending,
 * and does not keep the process alive. A call that is done is not kept in memory, however long an earlier
 * call takes.
 */
export class Deadline {
  readonly #limitMs: number;
  /** Pending calls are a linked list in the order in which they began. They may end in any order. */
  #first: Waiting | null = null;
  #last: Waiting | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Calls `giveUp` after the limit, unless {@link done} is called before. */
  start(giveUp: () => void): Waiting {
    const dueAt = performance.now() + this.#limitMs;
    const call: Waiting = { dueAt, giveUp, isDone: false, before: this.#last, after: null };
    if (this.#last === null) this.#first = call;
    else this.#last.after = call;
    this.#last = call;
    this.#timer ??= this.#startTimer();
    return call;
  }

  done(call: Waiting): void {
    if (call.isDone) return;
    const { before, after } = call;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    call.isDone = true;
    call.before = null;
    call.after = null;
  }

  #startTimer(): NodeJS.Timeout {
    const timer = setInterval(() => this.#giveUpLate(), Math.max(1, this.#limitMs * PRECISION));
    return timer.unref();
  }

  #giveUpLate(): void {
    const now = performance.now();
    const late: Waiting[] = [];
    for (let call = this.#first; call !== null && call.dueAt <= now; call = this.#first) {
      this.done(call);
      late.push(call);
    }
    if (this.#first === null && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    // The callbacks run last, because a callback may start another call.
    for (const call of late) call.giveUp();
  }
}
