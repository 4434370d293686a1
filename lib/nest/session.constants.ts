import { DEFAULT_SESSION } from '../http/request-properties.js';
import { SessionRegistry } from '../core/registry/session-registry.js';
import { CurrentSession } from './current-session.js';
import { SessionStore } from '../core/store/session-store.js';

/** Token of the options as the application gave them, unchecked. */
export const SESSION_OPTIONS = Symbol('SESSION_OPTIONS');

/** Token of the resolved options of one module. */
export const RESOLVED_SESSION_OPTIONS = Symbol('RESOLVED_SESSION_OPTIONS');

/** Token of the `EventReporter` of one module. */
export const SESSION_EVENTS = Symbol('SESSION_EVENTS');

/** Token of the `SessionMount` of one module. */
export const SESSION_MOUNT = Symbol('SESSION_MOUNT');

/**
 * Token of the session middleware: `app.use(app.get(SESSION_MIDDLEWARE))` mounts it at this place. Each
 * request loads its session once, also where the module mounts the middleware too.
 */
export const SESSION_MIDDLEWARE = Symbol('SESSION_MIDDLEWARE');

/** Token of the registration of one module: its name, routes and imports. */
export const SESSION_REGISTRATION = Symbol('SESSION_REGISTRATION');

/** Metadata key of `@RequireSession`, `@RequireLogin` and `@Public`. */
export const SESSION_REQUIREMENT = Symbol('SESSION_REQUIREMENT');

/** Metadata key of `@SessionActivity`. */
export const SESSION_ACTIVITY = Symbol('SESSION_ACTIVITY');

/** Metadata key of `@OnSession`. */
export const SESSION_LISTENER = Symbol('SESSION_LISTENER');

/**
 * The injection token of a module's store: the class `SessionStore` for the default session, a string for a
 * named one.
 */
export function getSessionStoreToken(sessionName: string = DEFAULT_SESSION): typeof SessionStore | string {
  return sessionName === DEFAULT_SESSION ? SessionStore : `SessionStore:${sessionName}`;
}

/**
 * The injection token of a module's registry: the class `SessionRegistry` for the default session, a string
 * for a named one.
 */
export function getSessionRegistryToken(
  sessionName: string = DEFAULT_SESSION,
): typeof SessionRegistry | string {
  return sessionName === DEFAULT_SESSION ? SessionRegistry : `SessionRegistry:${sessionName}`;
}

/**
 * The injection token of a module's {@link CurrentSession}: the class for the default session, a string for a
 * named one.
 */
export function getCurrentSessionToken(
  sessionName: string = DEFAULT_SESSION,
): typeof CurrentSession | string {
  return sessionName === DEFAULT_SESSION ? CurrentSession : `CurrentSession:${sessionName}`;
}

/** The injection token of a module's middleware: {@link SESSION_MIDDLEWARE} for the default session. */
export function getSessionMiddlewareToken(sessionName: string = DEFAULT_SESSION): symbol | string {
  return sessionName === DEFAULT_SESSION ? SESSION_MIDDLEWARE : `SessionMiddleware:${sessionName}`;
}
