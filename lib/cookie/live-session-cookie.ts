import type { SessionCookie } from '../core/session/session-cookie.js';
import type { ResolvedCookie } from './cookie-options.js';
import { checkedInstant, checkedSetting } from './cookie-setting.js';
import { setCookie } from './set-cookie.js';

/**
 * The cookie object at `session.cookie`: the resolved options, a lifetime that counts down, and the settings
 * that the application changes for this session. Assigning a value that cannot be sent throws.
 */
export class LiveSessionCookie implements SessionCookie {
  #path: string;
  #domain: string | undefined;
  #httpOnly: boolean;
  #secure: boolean | undefined;
  #sameSite: ResolvedCookie['sameSite'] | undefined;
  #priority: ResolvedCookie['priority'];
  #partitioned: boolean | undefined;
  #originalMaxAge: number | null;
  #expiresAt: number | null;
  #fixedAt: number | null;
  readonly #now: () => number;
  readonly #endsBy: number;

  /** `endsBy` is the instant at which the session ends by `timeouts.absolute`. */
  constructor(
    resolved: ResolvedCookie,
    touchedAt: number,
    now: () => number,
    endsBy = Number.POSITIVE_INFINITY,
  ) {
    this.#now = now;
    this.#endsBy = endsBy;
    this.#path = resolved.path;
    this.#domain = resolved.domain;
    this.#httpOnly = resolved.httpOnly;
    this.#secure = resolved.secure;
    this.#sameSite = resolved.sameSite;
    this.#priority = resolved.priority;
    this.#partitioned = resolved.partitioned;
    this.#originalMaxAge = resolved.maxAgeMs;
    this.#fixedAt = resolved.expiresAt;
    this.#expiresAt = resolved.expiresAt ?? endOf(resolved.maxAgeMs, touchedAt);
  }

  get path(): string {
    return this.#path;
  }
  set path(path: string) {
    this.#path = checkedSetting('path', path);
  }

  get domain(): string | undefined {
    return this.#domain;
  }
  set domain(domain: string | undefined) {
    this.#domain = checkedSetting('domain', domain);
  }

  get httpOnly(): boolean {
    return this.#httpOnly;
  }
  set httpOnly(httpOnly: boolean) {
    this.#httpOnly = checkedSetting('httpOnly', httpOnly);
  }

  get secure(): boolean | undefined {
    return this.#secure;
  }
  set secure(secure: boolean | undefined) {
    this.#secure = checkedSetting('secure', secure);
  }

  get sameSite(): ResolvedCookie['sameSite'] | undefined {
    return this.#sameSite;
  }
  set sameSite(sameSite: ResolvedCookie['sameSite'] | undefined) {
    this.#sameSite = checkedSetting('sameSite', sameSite);
  }

  get priority(): ResolvedCookie['priority'] {
    return this.#priority;
  }
  set priority(priority: ResolvedCookie['priority']) {
    this.#priority = checkedSetting('priority', priority);
  }

  get partitioned(): boolean | undefined {
    return this.#partitioned;
  }
  set partitioned(partitioned: boolean | undefined) {
    this.#partitioned = checkedSetting('partitioned', partitioned);
  }

  get originalMaxAge(): number | null {
    return this.#originalMaxAge;
  }
  set originalMaxAge(ms: number | null) {
    this.#originalMaxAge = checkedSetting('originalMaxAge', ms);
  }

  get expires(): Date | null {
    return this.#expiresAt === null ? null : new Date(Math.min(this.#expiresAt, this.#endsBy));
  }
  /** Accepts a Date. With `null`, `false` or `undefined` the cookie ends with the browser. */
  set expires(at: Date | null | false | undefined) {
    const now = this.#now();
    this.#expiresAt = at ? checkedInstant(at, now) : null;
    this.#fixedAt = null;
    this.#originalMaxAge = this.#expiresAt === null ? null : this.#expiresAt - now;
  }

  get maxAge(): number | null {
    return this.#expiresAt === null ? null : Math.min(this.#expiresAt, this.#endsBy) - this.#now();
  }
  /** Accepts milliseconds. With `null` or `undefined` the cookie ends with the browser. */
  set maxAge(ms: number | null | undefined) {
    const checked = checkedSetting('originalMaxAge', ms ?? null);
    this.#originalMaxAge = checked === null ? null : Math.floor(checked);
    this.#fixedAt = null;
    this.#expiresAt = endOf(this.#originalMaxAge, this.#now());
  }

  /** Fixed end of the cookie by the option `expires`; `null` without one. */
  get fixedAt(): number | null {
    return this.#fixedAt;
  }

  /** Restarts the lifetime. Does not move a fixed end. */
  restart(now: number): void {
    if (this.#fixedAt === null) this.#expiresAt = endOf(this.#originalMaxAge, now);
  }

  serialize(name: string, value: string): string {
    return setCookie(name, value, this);
  }

  toJSON(): object {
    const { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite } = this;
    return { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return this.toJSON();
  }
}

const endOf = (maxAgeMs: number | null, from: number): number | null =>
  maxAgeMs === null ? null : from + maxAgeMs;
