/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** Whether a value is a promise, native or not: database clients return promises of their own. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** Calls `next` with a value: immediately, or when its promise resolves. */
export function chain<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Runs a step. If it throws or rejects, calls `run` with the error, waits for the promise that it may return,
 * and fails with the error of the step.
 */
export function onFailure<T>(
  step: () => Awaitable<T>,
  run: (error: unknown) => Awaitable<void>,
): Awaitable<T> {
  const failed = (error: unknown): Awaitable<never> =>
    chain(run(error), () => {
      throw error;
    });
  try {
    const result = step();
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}
