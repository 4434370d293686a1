import { timeoutError } from '../../core/errors.js';

/** What is used of a store made for express-session, by its shape: most extend a base class of their own. */
export interface CallbackStore {
  get: ForeignMethod;
  set: ForeignMethod;
  destroy: ForeignMethod;
  on?(event: 'connect' | 'disconnect', listener: () => void): unknown;
}

/** The methods of such a store that are called here. */
export type CallbackMethodName = 'get' | 'set' | 'destroy' | 'touch';

type ForeignMethod = (...args: never[]) => unknown;

/** Whether something is a store made for express-session. */
export function isCallbackStore(store: unknown): store is CallbackStore {
  if ((typeof store !== 'object' && typeof store !== 'function') || store === null) return false;
  const methods = store as Record<string, unknown>;
  return ['get', 'set', 'destroy'].every((method) => typeof methods[method] === 'function');
}

/**
 * Calls a store, and hears its answer by callback or by promise, whichever it gives first: some give both, and
 * some call back twice.
 *
 * A method that declares a callback may still return a promise: then only its failure is heard.
 */
export function askStore(
  store: object,
  method: CallbackMethodName,
  args: readonly unknown[],
  told: Answer,
): void {
  let isAnswered = false;
  const answer: Answer = (error, result) => {
    if (isAnswered) return;
    isAnswered = true;
    told(error, result);
  };
  const run = (store as Record<string, (...all: unknown[]) => unknown>)[method]!;
  const returned = run.call(store, ...args, answer) as PromiseLike<never> | undefined;
  if (typeof returned?.then !== 'function') return;
  const byPromise = run.length <= args.length;
  returned.then(
    (result) => byPromise && answer(null, result),
    (error: unknown) => answer(error ?? new Error('The store rejected without a reason.')),
  );
}

type Answer<R = never> = (error?: unknown, result?: R) => void;

/**
 * Hears of a store that does not answer within the limit as of one that fails; what comes later is heard by `late` alone.
 */
export function inTime<R = never>(
  limitMs: number | null,
  answer: Answer<R>,
  late: () => void = () => undefined,
): Answer<R> {
  if (limitMs === null) return answer;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    answer(timeoutError('serve'));
  }, limitMs);
  timer.unref();
  return (error, result) => {
    clearTimeout(timer);
    if (isLate) late();
    else answer(error, result);
  };
}

/** As {@link askStore}, with a promise. */
export function callStore<T>(
  store: object,
  method: CallbackMethodName,
  args: readonly unknown[],
  limitMs: number | null,
  late?: () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const answer = inTime(
      limitMs,
      (error, result) => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the store says is the cause
        if (error) reject(error);
        else resolve(result as T);
      },
      late,
    );
    askStore(store, method, args, answer);
  });
}

/** Whether a store tells of a missing session by an error, as files and HTTP do. */
export function isMissing(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown };
  return code === 'ENOENT' || statusCode === 404;
}

/** A missing session, where a store tells of it by an error. */
export function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
