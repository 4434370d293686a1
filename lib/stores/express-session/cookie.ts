import { serialize } from 'cookie';
import deprecation from 'depd';
import type { SessionCookie } from '../../core/session/session-cookie.js';

const deprecate = deprecation('express-session');

/** The cookie attributes that a store gets, in the order in which they are written. */
interface CookieRecord {
  originalMaxAge: number | null;
  partitioned?: boolean | undefined;
  priority?: SessionCookie['priority'];
  expires: Date | string | number | false | null | undefined;
  secure?: boolean | 'auto' | undefined;
  httpOnly: boolean;
  domain?: string | undefined;
  path: string;
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
}

/**
 * express-session's cookie of a session: options are fields, and `maxAge` is the time left.
 *
 * The accessors are enumerable and `_expires` is an own field, since stores copy cookies by their keys.
 *
 * @see parity rules R88 to R96
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the instance type of the constructor below
export interface Cookie extends CookieMethods {}

class CookieMethods {
  declare path: string;
  declare _expires: CookieRecord['expires'];
  declare originalMaxAge: number | null;
  declare httpOnly: boolean;
  declare domain?: string | undefined;
  declare secure?: boolean | 'auto' | undefined;
  declare sameSite?: CookieRecord['sameSite'];
  declare priority?: CookieRecord['priority'];
  declare partitioned?: boolean | undefined;

  get expires(): CookieRecord['expires'] {
    return this._expires;
  }

  set expires(at: CookieRecord['expires']) {
    this._expires = at;
    this.originalMaxAge = this.maxAge as number | null;
  }

  get maxAge(): number | null | undefined {
    const at = this._expires;
    return (at instanceof Date ? at.valueOf() - Date.now() : at) as number | null | undefined;
  }

  set maxAge(ms: unknown) {
    if (ms && typeof ms !== 'number' && !(ms instanceof Date))
      throw new TypeError('maxAge must be a number or Date');
    if (ms instanceof Date) deprecate('maxAge as Date; pass number of milliseconds instead');
    this.expires = typeof ms === 'number' ? new Date(Date.now() + ms) : (ms as CookieRecord['expires']);
    // Computed from `expires`, it would lose the time between two readings of the clock at each touch (W7).
    if (typeof ms === 'number') this.originalMaxAge = ms;
  }

  get data(): CookieRecord {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    };
  }

  /** A `Set-Cookie` value: `name=value` and the attributes. */
  serialize(name: string, value: string): string {
    return serialize(name, value, this.data as object);
  }

  toJSON(): CookieRecord {
    return this.data;
  }
}

/**
 * A function instead of a class, for code that runs `Cookie.call(this, options)`.
 *
 * @throws TypeError `argument options must be a object` for any other truthy value.
 */
export const Cookie = function Cookie(this: Cookie, options?: object | null): void {
  this.path = '/';
  this.maxAge = null;
  this.httpOnly = true;
  if (options) {
    if (typeof options !== 'object') throw new TypeError('argument options must be a object');
    const given = options as Record<string, unknown>;
    for (const name in given) {
      if (name !== 'data' && name !== '__proto__')
        (this as unknown as Record<string, unknown>)[name] = given[name];
    }
  }
  this.originalMaxAge ??= this.maxAge;
} as unknown as {
  new (options?: object | null): Cookie;
  (this: object, options?: object | null): void;
  prototype: Cookie;
};

Cookie.prototype = CookieMethods.prototype;
Object.defineProperty(Cookie.prototype, 'constructor', { value: Cookie });
for (const name of ['expires', 'maxAge', 'data'])
  Object.defineProperty(Cookie.prototype, name, { enumerable: true });
