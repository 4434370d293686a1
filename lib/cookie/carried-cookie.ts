import type { SessionCookie } from '../core/session-cookie.js';
import type { ResolvedCookie } from './cookie-options.js';
import { setCookie } from './set-cookie.js';

/**
 * The cookie object at `session.cookie`: the resolved options, a lifetime that counts down, and whatever the
 * application changes for this one session.
 */
export class CarriedCookie implements SessionCookie {
  path: string;
  domain?: string | undefined;
  httpOnly: boolean;
  secure?: boolean | undefined;
  sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined;
  priority?: 'low' | 'medium' | 'high' | undefined;
  partitioned?: boolean | undefined;
  originalMaxAge: number | null;
  #expiresAt: number | null;
  readonly #now: () => number;

  constructor(resolved: ResolvedCookie, touchedAt: number, now: () => number) {
    this.#now = now;
    this.path = resolved.path;
    this.domain = resolved.domain;
    this.httpOnly = resolved.httpOnly;
    this.secure = resolved.secure;
    this.sameSite = resolved.sameSite;
    this.priority = resolved.priority;
    this.partitioned = resolved.partitioned;
    this.originalMaxAge = resolved.maxAgeMs;
    this.#expiresAt = resolved.maxAgeMs === null ? null : touchedAt + resolved.maxAgeMs;
  }

  get expires(): Date | null {
    return this.#expiresAt === null ? null : new Date(this.#expiresAt);
  }
  /** Accepts a Date; `null`, `false` and `undefined` make it end with the browser. */
  set expires(at: Date | null | false | undefined) {
    this.#expiresAt = at ? instantOf(at) : null;
    this.originalMaxAge = this.maxAge;
  }

  get maxAge(): number | null {
    return this.#expiresAt === null ? null : this.#expiresAt - this.#now();
  }
  /** Accepts milliseconds; `null` and `undefined` make it end with the browser. */
  set maxAge(ms: number | null | undefined) {
    if (ms != null && !Number.isFinite(ms)) {
      throw new TypeError(
        `session.cookie.maxAge must be a number of milliseconds or null, got ${String(ms)}.`,
      );
    }
    const whole = ms == null ? null : Math.floor(ms);
    this.originalMaxAge = whole;
    this.#expiresAt = whole === null ? null : this.#now() + whole;
  }

  /** Begins the lifetime again. */
  restart(now: number): void {
    this.#expiresAt = this.originalMaxAge === null ? null : now + this.originalMaxAge;
  }

  serialize(name: string, value: string): string {
    return setCookie(name, value, this);
  }

  toJSON(): object {
    const { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite } = this;
    return { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite };
  }
}

function instantOf(at: Date): number {
  const instant = at instanceof Date ? at.getTime() : Number.NaN;
  if (Number.isNaN(instant))
    throw new TypeError('session.cookie.expires must be a valid Date, null or false.');
  return instant;
}
