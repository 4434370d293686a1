/** What is used of a store made for express-session, by its shape: most extend a base class of their own. */
export interface ForeignStore {
  get: ForeignMethod;
  set: ForeignMethod;
  destroy: ForeignMethod;
  on?(event: 'connect' | 'disconnect', listener: () => void): unknown;
}

type ForeignMethod = (...args: never[]) => unknown;

/** Whether something is a store made for express-session. */
export function isForeignStore(store: unknown): store is ForeignStore {
  if ((typeof store !== 'object' && typeof store !== 'function') || store === null) return false;
  const methods = store as Record<string, unknown>;
  return ['get', 'set', 'destroy'].every((method) => typeof methods[method] === 'function');
}

/**
 * Calls a store with a callback, or awaits what it returns, whichever it answers by. Only the first answer counts.
 *
 * A method that declares a callback may still return a promise: then only its failure is heard.
 */
export function callStore<T>(
  store: ForeignStore,
  method: 'get' | 'set' | 'destroy',
  ...args: unknown[]
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const answer = (error?: unknown, result?: T): void => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the store says is the cause
      if (error) reject(error);
      else resolve(result as T);
    };
    const run = store[method] as (...all: unknown[]) => unknown;
    const returned = run.call(store, ...args, answer);
    if (typeof (returned as PromiseLike<T> | undefined)?.then !== 'function') return;
    const byPromise = run.length <= args.length;
    (returned as PromiseLike<T>).then((result) => byPromise && resolve(result), reject);
  });
}
