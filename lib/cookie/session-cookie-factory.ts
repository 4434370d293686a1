import type { SessionCookieFactory, CookiePlan, SessionCookie } from '../core/session/session-cookie.js';
import { LiveSessionCookie } from './live-session-cookie.js';
import type { ResolvedCookie } from './cookie-options.js';
import { fitsSetting, OWN_SETTINGS, type OwnSetting } from './cookie-setting.js';

const NOTHING: readonly string[] = [];

type Settings = { -readonly [K in OwnSetting]?: unknown };

/** Keeps of a session's cookie only what differs from the options of the request. */
export class OptionsCookieFactory implements SessionCookieFactory {
  readonly #resolved: ResolvedCookie;
  readonly #now: () => number;
  readonly #leads: boolean;
  readonly plan: CookiePlan;
  /** What the options ask for and the connection does not allow: see {@link leftOutAttributes}. */
  readonly leftOut: readonly string[];

  /** With `leads` every session lives as long as its cookie; without, only one whose cookie was told otherwise. */
  constructor(
    resolved: ResolvedCookie,
    now: () => number,
    leads = false,
    leftOut: readonly string[] = NOTHING,
  ) {
    this.#resolved = resolved;
    this.#now = now;
    this.#leads = leads;
    this.leftOut = leftOut;
    const { maxAgeMs, expiresAt, secure } = resolved;
    const isPersistent = maxAgeMs !== null;
    this.plan = leads
      ? { lifetimeMs: maxAgeMs, endsAt: expiresAt, isPersistent, secure }
      : { lifetimeMs: null, endsAt: null, isPersistent, secure };
  }

  /** Where the cookie applies. */
  get path(): string {
    return this.#resolved.path;
  }

  make(kept: string | null, touchedAt: number, endsBy = Number.POSITIVE_INFINITY): SessionCookie {
    if (kept === null) return new LiveSessionCookie(this.#resolved, touchedAt, this.#now, endsBy);
    const settings = readSettings(kept);
    const { originalMaxAge, ...others } = settings;
    const lifetime = originalMaxAge === undefined ? {} : { maxAgeMs: originalMaxAge, expiresAt: null };
    return new LiveSessionCookie(
      { ...this.#resolved, ...others, ...lifetime } as ResolvedCookie,
      touchedAt,
      this.#now,
      endsBy,
    );
  }

  keep(cookie: SessionCookie): string | null {
    const settings: Settings = {};
    for (const name of OWN_SETTINGS) {
      const planned = name === 'originalMaxAge' ? this.#resolved.maxAgeMs : this.#resolved[name];
      if (cookie[name] !== planned) settings[name] = cookie[name] ?? null;
    }
    return Object.keys(settings).length === 0 ? null : JSON.stringify(settings);
  }

  planOf(cookie: SessionCookie): CookiePlan {
    const { fixedAt } = cookie as LiveSessionCookie;
    const isAsPlanned = cookie.originalMaxAge === this.#resolved.maxAgeMs && !this.#leads;
    return {
      lifetimeMs: fixedAt !== null || isAsPlanned ? null : cookie.originalMaxAge,
      endsAt: this.#leads ? fixedAt : null,
      isPersistent: cookie.expires !== null,
      secure: cookie.secure === true,
    };
  }

  touch(cookie: SessionCookie, now: number): void {
    (cookie as LiveSessionCookie).restart(now);
  }
}

/** Settings that cannot be read are none: the options hold. */
function readSettings(kept: string): Settings {
  const known: Settings = {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(kept);
  } catch {
    return known;
  }
  if (typeof parsed !== 'object' || parsed === null) return known;
  for (const name of OWN_SETTINGS) {
    if (!Object.hasOwn(parsed, name)) continue;
    const value = (parsed as Settings)[name];
    if (fitsSetting(name, value)) known[name] = value;
  }
  return known;
}
