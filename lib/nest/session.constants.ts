import { DEFAULT_SESSION } from '../http/request-properties.js';
import { SessionStore } from '../core/store/session-store.js';

/** What an application gave, before it is checked. */
export const SESSION_OPTIONS = Symbol('SESSION_OPTIONS');

/** The checked options of one module. */
export const RESOLVED_SESSION_OPTIONS = Symbol('RESOLVED_SESSION_OPTIONS');

/** How one module is mounted. */
export const SESSION_REGISTRATION = Symbol('SESSION_REGISTRATION');

/** Metadata of `@RequireSession`. */
export const SESSION_REQUIREMENT = Symbol('SESSION_REQUIREMENT');

/**
 * The token of a module's store: the class `SessionStore` itself for the default session, a text for a named one.
 */
export function getSessionStoreToken(sessionName: string = DEFAULT_SESSION): typeof SessionStore | string {
  return sessionName === DEFAULT_SESSION ? SessionStore : `SessionStore:${sessionName}`;
}
