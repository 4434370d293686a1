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
