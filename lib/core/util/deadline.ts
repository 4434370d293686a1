/**
 * The outcome of a promise, if it comes in time; else the error. What comes later is not heard of.
 *
 * The timer keeps no process alive.
 */
export function withDeadline<T>(promise: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), limitMs);
    timer.unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A call under way, between its neighbours in a list. Once it is done it has none, so that it keeps no other call alive. */
interface Waiting {
  readonly dueAt: number;
  readonly giveUp: () => void;
  isDone: boolean;
  before: Waiting | null;
  after: Waiting | null;
}

/** How late a limit may be noticed, as a part of it: with fewer looks at the clock. */
const PRECISION = 1 / 16;

/**
 * One time limit for many calls, with one timer for all of them. The timer runs only while a call is under way, and keeps
 * no process alive. Nothing of a call is kept once it is done, however long an earlier one takes.
 */
export class Deadline {
  readonly #limitMs: number;
  /** The calls under way are a linked list: they are due in the order in which they began, and are done in any order. */
  #first: Waiting | null = null;
  #last: Waiting | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** `giveUp` is called when the limit is over, unless the call is done by then. */
  start(giveUp: () => void): Waiting {
    const dueAt = performance.now() + this.#limitMs;
    const call: Waiting = { dueAt, giveUp, isDone: false, before: this.#last, after: null };
    if (this.#last === null) this.#first = call;
    else this.#last.after = call;
    this.#last = call;
    this.#timer ??= this.#look();
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

  #look(): NodeJS.Timeout {
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
    // Last, since a callback may begin another call.
    for (const call of late) call.giveUp();
  }
}

/** Waits for some work, but no longer than this. Work that fails in time fails here. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  try {
    await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
