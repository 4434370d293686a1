import { Cookie } from '../stores/express-session/cookie.js';
import { Session } from '../stores/express-session/session.js';

/**
 * Gives a session the methods of this package, where a store made it by another copy of express-session, as stores do that
 * depend on that. It stays the same object. A class of the application's own stays what it is.
 */
export function adoptSession(session: Session): void {
  if (!(session instanceof Session) && isBareClass(session, Session.prototype))
    Object.setPrototypeOf(session, Session.prototype);
  const { cookie } = session;
  if (!((cookie as unknown) instanceof Cookie) && isBareClass(cookie, Cookie.prototype))
    Object.setPrototypeOf(cookie, Cookie.prototype);
}

/** Whether an object is of a class that is derived from no other and has the methods of `ours`, all of them and no more. */
function isBareClass(one: object | undefined, ours: object): boolean {
  const prototype = (one && Object.getPrototypeOf(one)) as object | null | undefined;
  if (!prototype || prototype === Object.prototype) return false;
  if (Object.getPrototypeOf(prototype) !== Object.prototype) return false;
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return (
    names.length === Object.getOwnPropertyNames(ours).length - 1 &&
    names.every((name) => Object.hasOwn(ours, name))
  );
}
