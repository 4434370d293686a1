import { serialize } from 'cookie';
import deprecation from 'depd';
import type { SessionCookie } from '../../core/session/session-cookie.js';

const deprecate = deprecation('express-session');

/** The attributes that a store keeps of a cookie, in the order in which they are written. */
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
 * The cookie of a session as express-session has it: options as fields, and a lifetime that counts down.
 *
 * Its accessors are enumerable and `_expires` is a field of its own, since stores copy cookies by their keys.
 *
 * @see parity rules R88 to R96
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the type of what the constructor below makes
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
  declare expires: CookieRecord['expires'];
  declare maxAge: number | null | undefined;
  declare readonly data: CookieRecord;

  /** `name=value` with the attributes, as `Set-Cookie` wants it. */
  serialize(name: string, value: string): string {
    return serialize(name, value, this.data as object);
  }

  toJSON(): CookieRecord {
    return this.data;
  }
}

/**
 * A function and no class, for the reason that `Store` is one: `Cookie.call(this, options)`.
 *
 * @throws TypeError `argument options must be a object` for anything truthy that is none.
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
Object.defineProperties(Cookie.prototype, {
  expires: {
    get(this: Cookie) {
      return this._expires;
    },
    set(this: Cookie, at: CookieRecord['expires']) {
      this._expires = at;
      this.originalMaxAge = this.maxAge as number | null;
    },
    enumerable: true,
    configurable: true,
  },
  maxAge: {
    get(this: Cookie) {
      return this._expires instanceof Date ? this._expires.valueOf() - Date.now() : this._expires;
    },
    set(this: Cookie, ms: unknown) {
      setMaxAge(this, ms);
    },
    enumerable: true,
    configurable: true,
  },
  data: {
    get(this: Cookie): CookieRecord {
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
    },
    enumerable: true,
    configurable: true,
  },
});

function setMaxAge(cookie: Cookie, ms: unknown): void {
  if (ms && typeof ms !== 'number' && !(ms instanceof Date))
    throw new TypeError('maxAge must be a number or Date');
  if (ms instanceof Date) deprecate('maxAge as Date; pass number of milliseconds instead');
  cookie.expires = typeof ms === 'number' ? new Date(Date.now() + ms) : (ms as CookieRecord['expires']);
  // Said, not measured: the time that passes between two readings of the clock would be lost with each touch (W7).
  if (typeof ms === 'number') cookie.originalMaxAge = ms;
}
