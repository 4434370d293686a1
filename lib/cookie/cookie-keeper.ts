import type { CookieKeeper, CookiePlan, SessionCookie } from '../core/session-cookie.js';
import { describeValue } from '../core/describe-value.js';
import { SessionError } from '../core/session-error.js';
import { CarriedCookie } from './carried-cookie.js';
import { fitsCookieAttribute } from './check-cookie-options.js';
import type { ResolvedCookie } from './cookie-options.js';

/** What one session may set for itself; everything else follows the options, also in sessions that live already. */
export const OWN_SETTINGS = [
  'originalMaxAge',
  'path',
  'domain',
  'httpOnly',
  'secure',
  'sameSite',
  'priority',
  'partitioned',
] as const;

const NOTHING: readonly string[] = [];

type Settings = { -readonly [K in (typeof OWN_SETTINGS)[number]]?: unknown };

/** Keeps of a session's cookie only what differs from the options of the request. */
export class OptionsCookieKeeper implements CookieKeeper {
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
    const { maxAgeMs, secure } = resolved;
    this.plan = { lifetimeMs: leads ? maxAgeMs : null, isPersistent: maxAgeMs !== null, secure };
  }

  /** Where the cookie applies. */
  get path(): string {
    return this.#resolved.path;
  }

  make(kept: string | null, touchedAt: number): SessionCookie {
    if (kept === null) return new CarriedCookie(this.#resolved, touchedAt, this.#now);
    const settings = readSettings(kept);
    const { originalMaxAge = this.#resolved.maxAgeMs, ...others } = settings;
    return new CarriedCookie(
      { ...this.#resolved, ...others, maxAgeMs: originalMaxAge } as ResolvedCookie,
      touchedAt,
      this.#now,
    );
  }

  keep(cookie: SessionCookie): string | null {
    const settings: Settings = {};
    for (const name of OWN_SETTINGS) {
      const planned = name === 'originalMaxAge' ? this.#resolved.maxAgeMs : this.#resolved[name];
      if (cookie[name] !== planned) settings[name] = checked(name, cookie[name] ?? null);
    }
    return Object.keys(settings).length === 0 ? null : JSON.stringify(settings);
  }

  lifetimeOf(cookie: SessionCookie): number | null {
    return cookie.originalMaxAge === this.#resolved.maxAgeMs && !this.#leads ? null : cookie.originalMaxAge;
  }

  touch(cookie: SessionCookie, now: number): void {
    (cookie as CarriedCookie).restart(now);
  }
}

type OwnSetting = (typeof OWN_SETTINGS)[number];

function fits(name: OwnSetting, value: unknown): boolean {
  if (name !== 'originalMaxAge') return fitsCookieAttribute(name, value);
  return value === null || Number.isFinite(value);
}

/** A setting that could not be sent is refused before anything is stored. */
function checked(name: OwnSetting, value: unknown): unknown {
  if (fits(name, value)) return value;
  const shown = name === 'originalMaxAge' ? 'maxAge' : name;
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `The session was not saved: session.cookie.${shown} cannot be ${describeValue(value)}.`,
  );
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
    if (fits(name, value)) known[name] = value;
  }
  return known;
}
