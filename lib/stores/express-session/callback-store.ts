import { timeoutError } from '../../core/errors.js';

/** A node-style callback. */
export type Callback<T = unknown> = (error?: unknown, result?: T) => void;

/** An express-session store, by its shape: most stores extend a base class of their own. */
export interface CallbackStore {
  get: StoreMethod;
  set: StoreMethod;
  destroy: StoreMethod;
  on?(event: 'connect' | 'disconnect', listener: () => void): unknown;
}

/** The methods of an express-session store that this package calls. */
export type StoreMethodName = 'get' | 'set' | 'destroy' | 'touch';

type StoreMethod = (...args: never[]) => unknown;

/** Whether a value is an express-session store. */
export function isCallbackStore(store: unknown): store is CallbackStore {
  if ((typeof store !== 'object' && typeof store !== 'function') || store === null) return false;
  const methods = store as Record<string, unknown>;
  return ['get', 'set', 'destroy'].every((method) => typeof methods[method] === 'function');
}

/**
 * Calls a method of a store that returns its result by callback or by promise. The first result counts: some
 * stores use both, and some call back twice. If a method has a callback parameter, only the rejection of its
 * promise counts.
 */
export function invokeStore(
  store: object,
  method: StoreMethodName,
  args: readonly unknown[],
  callback: Callback<never>,
): void {
  let isSettled = false;
  const settle: Callback<never> = (error, result) => {
    if (isSettled) return;
    isSettled = true;
    callback(error, result);
  };
  const run = (store as Record<string, (...all: unknown[]) => unknown>)[method]!;
  const returned = run.call(store, ...args, settle) as PromiseLike<never> | undefined;
  if (typeof returned?.then !== 'function') return;
  const byPromise = run.length <= args.length;
  returned.then(
    (result) => byPromise && settle(null, result),
    (error: unknown) => settle(error ?? new Error('The store rejected without a reason.')),
  );
}

/** As {@link invokeStore}, with a promise and a deadline. */
export function callStore<T>(
  store: object,
  method: StoreMethodName,
  args: readonly unknown[],
  limitMs: number | null,
  onLate?: () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle: Callback<never> = (error, result) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a store may reject with any value
      if (error) reject(error);
      else resolve(result as T);
    };
    invokeStore(store, method, args, withDeadline(limitMs, settle, onLate));
  });
}

/** Calls back with an error if there is no result within the limit; a later result calls `onLate` instead. */
export function withDeadline<R = never>(
  limitMs: number | null,
  callback: Callback<R>,
  onLate?: () => void,
): Callback<R> {
  if (limitMs === null) return callback;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    callback(timeoutError('serve'));
  }, limitMs);
  timer.unref();
  return (error, result) => {
    clearTimeout(timer);
    if (isLate) onLate?.();
    else callback(error, result);
  };
}

/** Whether an error of a store means that the session is missing, as with files and HTTP. */
export function isMissing(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown };
  return code === 'ENOENT' || statusCode === 404;
}

/** `null` for an error that means a missing session; throws any other error. */
export function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
