/**
 * The outcome of a promise, if it comes in time; else the error. What comes later is not heard of.
 *
 * The timer keeps no process alive.
 */
export function withinLimit<T>(promise: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), limitMs);
    timer.unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

interface Waiting {
  readonly dueAt: number;
  readonly giveUp: () => void;
  isDone: boolean;
}

/** How late a limit may be noticed, as a part of it: with fewer looks at the clock. */
const PRECISION = 1 / 16;

/**
 * One time limit for many calls, with one timer for all of them: they are due in the order in which they came. The timer
 * runs only while a call is under way, and keeps no process alive.
 */
export class TimeLimit {
  readonly #limitMs: number;
  #waiting: Waiting[] = [];
  #first = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** `giveUp` is called when the limit is over, unless the call is done by then. */
  start(giveUp: () => void): Waiting {
    const call: Waiting = { dueAt: performance.now() + this.#limitMs, giveUp, isDone: false };
    this.#waiting.push(call);
    this.#timer ??= this.#look();
    return call;
  }

  done(call: Waiting): void {
    call.isDone = true;
    this.#forgetDone();
  }

  #look(): NodeJS.Timeout {
    const timer = setInterval(() => this.#giveUpLate(), Math.max(1, this.#limitMs * PRECISION));
    return timer.unref();
  }

  #giveUpLate(): void {
    const now = performance.now();
    const late: Waiting[] = [];
    for (; this.#first < this.#waiting.length; this.#first++) {
      const call = this.#waiting[this.#first]!;
      if (call.isDone) continue;
      if (call.dueAt > now) break;
      call.isDone = true;
      late.push(call);
    }
    this.#forgetDone();
    if (this.#waiting.length === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    // Last, since who hears of it may begin another call.
    for (const call of late) call.giveUp();
  }

  #forgetDone(): void {
    while (this.#first < this.#waiting.length && this.#waiting[this.#first]!.isDone) this.#first++;
    if (this.#first === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#first = 0;
    } else if (this.#first > 1024 && this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }
}
