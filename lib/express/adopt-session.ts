import { Cookie } from '../stores/express-session/cookie.js';
import { Session } from '../stores/express-session/session.js';

/**
 * Gives a session and its cookie the methods of this package, in place, if a store made them with its own
 * copy of express-session. Objects of an application's own class are not changed.
 */
export function adoptSession(session: Session): void {
  adopt(session, Session.prototype);
  adopt(session.cookie, Cookie.prototype);
}

function adopt(object: object | undefined, prototype: object): void {
  if (object && isCopy(Object.getPrototypeOf(object) as object | null, prototype))
    Object.setPrototypeOf(object, prototype);
}

/** Whether a prototype is another one with exactly the methods of `ours`, and inherits only from `Object`. */
function isCopy(prototype: object | null, ours: object): boolean {
  if (!prototype || prototype === ours || prototype === Object.prototype) return false;
  if (Object.getPrototypeOf(prototype) !== Object.prototype) return false;
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return (
    names.length === Object.getOwnPropertyNames(ours).length - 1 &&
    names.every((name) => Object.hasOwn(ours, name))
  );
}
