import { configError } from '../cookie/option-checks.js';
import { describeWithoutText } from '../core/util/describe-value.js';
import { isSessionStore, STORE_METHODS } from '../core/store/session-store.js';
import { isCallbackStore } from '../stores/express-session/callback-store.js';
import type { AnyStore } from './session-options.js';

export { configError };

/**
 * Accepts a `SessionStore` and a store made for express-session.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for anything else. The message names the missing methods.
 */
export function checkStore(store: unknown): asserts store is AnyStore {
  if (isSessionStore(store)) return;
  if (isRedisClient(store)) {
    throw configError(
      'The option store must be a SessionStore or a store made for express-session, got a Redis client. ' +
        'Set store: new RedisSessionStore({ client }), from nest-session/redis.',
    );
  }
  if (isCallbackStore(store)) return;
  const missing = STORE_METHODS.filter(
    (method) => typeof (store as Record<string, unknown> | null)?.[method] !== 'function',
  );
  throw configError(
    'The option store must be a SessionStore or a store made for express-session (get, set, destroy), got ' +
      `${describeWithoutText(store)} without the method${missing.length > 1 ? 's' : ''} ${missing.join(', ')}. ` +
      'Give an instance of a store such as new MemorySessionStore().',
  );
}

/** A client of the package `redis` has the methods of a store: `get`, `set` and `destroy`. */
const isRedisClient = (store: unknown): boolean =>
  typeof (store as { readonly sendCommand?: unknown } | null | undefined)?.sendCommand === 'function';

const LONGEST_NAME = 128;

/** @throws SessionError `ERR_SESSION_CONFIG` for a name that is not a string of 1 to 128 characters. */
export function checkSessionName(name: unknown): asserts name is string | undefined {
  if (name === undefined) return;
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) return;
  throw configError(
    `The option sessionName must be a string of 1 to ${LONGEST_NAME} characters, got ${describeWithoutText(name)}.`,
  );
}
