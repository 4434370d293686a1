import { describeWithoutText } from '../core/describe-value.js';
import { SessionError } from '../core/session-error.js';
import { STORE_METHODS, type SessionStore } from '../core/session-store.js';

/** @throws SessionError `ERR_SESSION_CONFIG` when it lacks a method of the store contract. */
export function checkStore(store: unknown): asserts store is SessionStore {
  const missing = STORE_METHODS.filter(
    (method) => typeof (store as Record<string, unknown> | null)?.[method] !== 'function',
  );
  if (missing.length === 0) return;
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `The option store must be a SessionStore, got ${describeWithoutText(store)} without the method${missing.length > 1 ? 's' : ''} ${missing.join(', ')}. ` +
      'Give an instance of a store such as new MemorySessionStore().',
  );
}
