import type {
  CookieAttributes,
  CookiePlan,
  SessionCookie,
  SessionCookieFactory,
} from '../core/session/session-cookie.js';
import { attributeText } from './attribute-text.js';
import { LiveSessionCookie } from './live-session-cookie.js';
import type { ResolvedCookie } from './cookie-options.js';
import { fitsSetting, OWN_ATTRIBUTES, OWN_SETTINGS, type OwnSetting } from './cookie-setting.js';

const NO_NAMES: readonly string[] = [];

type Settings = { -readonly [K in OwnSetting]?: unknown };

/**
 * Makes the cookies of sessions from the options of the request. Stores the settings that differ from the
 * options.
 */
export class OptionsCookieFactory implements SessionCookieFactory {
  readonly #resolved: ResolvedCookie;
  readonly #now: () => number;
  readonly #setsLifetime: boolean;
  /** Path to which the cookie applies. */
  readonly path: string;
  readonly plan: CookiePlan;
  /** Configured attributes that the connection does not allow: see {@link leftOutAttributes}. */
  readonly leftOut: readonly string[];

  /**
   * With `setsLifetime` every session lives as long as its cookie. Without it, only sessions do that have set
   * a lifetime of their cookie.
   */
  constructor(
    resolved: ResolvedCookie,
    now: () => number,
    setsLifetime = false,
    leftOut: readonly string[] = NO_NAMES,
  ) {
    this.#resolved = resolved;
    this.path = resolved.path;
    this.#now = now;
    this.#setsLifetime = setsLifetime;
    this.leftOut = leftOut;
    const { maxAgeMs, expiresAt, secure } = resolved;
    const isPersistent = maxAgeMs !== null;
    this.plan = setsLifetime
      ? { lifetimeMs: maxAgeMs, endsAt: expiresAt, isPersistent, secure }
      : { lifetimeMs: null, endsAt: null, isPersistent, secure };
  }

  make(stored: string | null, touchedAt: number, endsBy = Number.POSITIVE_INFINITY): SessionCookie {
    if (stored === null) return new LiveSessionCookie(this.#resolved, touchedAt, this.#now, endsBy);
    const settings = readSettings(stored);
    const cookie = new LiveSessionCookie(this.#resolvedWith(settings), touchedAt, this.#now, endsBy);
    const { originalMaxAge } = settings;
    if (originalMaxAge !== undefined) cookie.setLifetime(originalMaxAge as number | null, touchedAt);
    return cookie;
  }

  attributesOf(stored: string | null): CookieAttributes {
    return stored === null ? this.#resolved : this.#resolvedWith(readSettings(stored));
  }

  /** The object of the options itself where the settings have no attribute. */
  #resolvedWith({ originalMaxAge: _, ...attributes }: Settings): ResolvedCookie {
    if (Object.keys(attributes).length === 0) return this.#resolved;
    return { ...this.#resolved, ...attributes } as ResolvedCookie;
  }

  keep(cookie: SessionCookie): string | null {
    const { attributes, originalMaxAge } = cookie as LiveSessionCookie;
    const settings: Settings = {};
    if (originalMaxAge !== this.#resolved.maxAgeMs) settings.originalMaxAge = originalMaxAge;
    if (attributes !== this.#resolved) {
      for (const name of OWN_ATTRIBUTES)
        if (attributes[name] !== this.#resolved[name]) settings[name] = attributes[name] ?? null;
    }
    return Object.keys(settings).length === 0 ? null : JSON.stringify(settings);
  }

  planOf(cookie: SessionCookie): CookiePlan {
    const { fixedAt } = cookie as LiveSessionCookie;
    const isConfigured = cookie.originalMaxAge === this.#resolved.maxAgeMs && !this.#setsLifetime;
    return {
      lifetimeMs: fixedAt !== null || isConfigured ? null : cookie.originalMaxAge,
      endsAt: this.#setsLifetime ? fixedAt : null,
      isPersistent: cookie.expires !== null,
      secure: cookie.secure === true,
    };
  }

  /** The `Set-Cookie` value of a cookie. `encoded` is the encoded value. */
  setCookie(name: string, encoded: string, cookie: SessionCookie): string {
    return `${name}=${encoded}${attributeText(name, (cookie as LiveSessionCookie).sent())}`;
  }

  endBy(cookie: SessionCookie, endsBy: number): void {
    (cookie as LiveSessionCookie).endBy(endsBy);
  }

  touch(cookie: SessionCookie, now: number): void {
    (cookie as LiveSessionCookie).restart(now);
  }
}

/** The valid settings in a stored text. The options apply in place of invalid ones. */
function readSettings(stored: string): Settings {
  const settings: Settings = {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(stored);
  } catch {
    return settings;
  }
  if (typeof parsed !== 'object' || parsed === null) return settings;
  for (const name of OWN_SETTINGS) {
    if (!Object.hasOwn(parsed, name)) continue;
    const value = (parsed as Settings)[name];
    if (fitsSetting(name, value)) settings[name] = value;
  }
  return settings;
}
