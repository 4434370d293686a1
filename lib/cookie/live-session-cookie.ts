import type { CookieAttributes, SessionCookie } from '../core/session/session-cookie.js';
import { checkedInstant, checkedSetting } from './cookie-setting.js';
import type { SentCookie } from './attribute-text.js';
import type { ResolvedCookie } from './cookie-options.js';
import { setCookie } from './set-cookie.js';

/**
 * The cookie object at `session.cookie`: the resolved options, a lifetime that counts down, and the settings
 * that the application changes for this session. Assigning a value that cannot be sent throws.
 */
export class LiveSessionCookie implements SessionCookie {
  /** Replaced as a whole: cookies without attributes of their own share the object of the options. */
  #attributes: CookieAttributes;
  #originalMaxAge: number | null;
  #fixedAt: number | null;
  #expiresAt: number | null;
  readonly #now: () => number;
  #endsBy: number;

  /** `endsBy` is the instant at which the session ends by `timeouts.absolute`. */
  constructor(
    resolved: ResolvedCookie,
    touchedAt: number,
    now: () => number,
    endsBy = Number.POSITIVE_INFINITY,
  ) {
    this.#now = now;
    this.#endsBy = endsBy;
    this.#attributes = resolved;
    this.#originalMaxAge = resolved.maxAgeMs;
    this.#fixedAt = resolved.expiresAt;
    this.#expiresAt = resolved.expiresAt ?? endOf(resolved.maxAgeMs, touchedAt);
  }

  /** The attributes as they are now. The object never changes. */
  get attributes(): CookieAttributes {
    return this.#attributes;
  }

  get path(): string {
    return this.#attributes.path;
  }
  set path(path: string) {
    this.#change({ path: checkedSetting('path', path) });
  }

  get domain(): string | undefined {
    return this.#attributes.domain;
  }
  set domain(domain: string | undefined) {
    this.#change({ domain: checkedSetting('domain', domain) });
  }

  get httpOnly(): boolean {
    return this.#attributes.httpOnly;
  }
  set httpOnly(httpOnly: boolean) {
    this.#change({ httpOnly: checkedSetting('httpOnly', httpOnly) });
  }

  get secure(): boolean | undefined {
    return this.#attributes.secure;
  }
  set secure(secure: boolean | undefined) {
    this.#change({ secure: checkedSetting('secure', secure) });
  }

  get sameSite(): SessionCookie['sameSite'] {
    return this.#attributes.sameSite;
  }
  set sameSite(sameSite: SessionCookie['sameSite']) {
    this.#change({ sameSite: checkedSetting('sameSite', sameSite) });
  }

  get priority(): SessionCookie['priority'] {
    return this.#attributes.priority;
  }
  set priority(priority: SessionCookie['priority']) {
    this.#change({ priority: checkedSetting('priority', priority) });
  }

  get partitioned(): boolean | undefined {
    return this.#attributes.partitioned;
  }
  set partitioned(partitioned: boolean | undefined) {
    this.#change({ partitioned: checkedSetting('partitioned', partitioned) });
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
    this.setLifetime(checked === null ? null : Math.floor(checked), this.#now());
  }

  /** Fixed end of the cookie by the option `expires`; `null` without one. */
  get fixedAt(): number | null {
    return this.#fixedAt;
  }

  /** Sets a lifetime that has begun at an instant, and removes a fixed end. */
  setLifetime(maxAgeMs: number | null, from: number): void {
    this.#originalMaxAge = maxAgeMs;
    this.#fixedAt = null;
    this.#expiresAt = endOf(maxAgeMs, from);
  }

  /** The session ends at this instant by its absolute timeout. */
  endBy(endsBy: number): void {
    this.#endsBy = endsBy;
  }

  /** Restarts the lifetime. Does not move a fixed end. */
  restart(now: number): void {
    if (this.#fixedAt === null) this.#expiresAt = endOf(this.#originalMaxAge, now);
  }

  /** The cookie as it is sent now. */
  sent(): SentCookie {
    const expiresAt = this.#expiresAt === null ? null : Math.min(this.#expiresAt, this.#endsBy);
    return {
      attributes: this.#attributes,
      expiresAt,
      lifeMs: expiresAt === null ? 0 : expiresAt - this.#now(),
    };
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

  #change(attributes: Partial<CookieAttributes>): void {
    this.#attributes = { ...this.#attributes, ...attributes };
  }
}

const endOf = (maxAgeMs: number | null, from: number): number | null =>
  maxAgeMs === null ? null : from + maxAgeMs;
