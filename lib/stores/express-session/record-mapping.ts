import { createHash } from 'node:crypto';
import { applicationName, COOKIE, storedName } from '../../core/session/attribute-name.js';
import { SessionError } from '../../core/errors.js';
import { NEVER, type SessionRecord } from '../../core/store/session-record.js';
import type { SessionCookie } from '../../core/session/session-cookie.js';
import { Cookie } from './cookie.js';
import { Session, type SessionedRequest } from './session.js';
import { minutes } from '../../core/util/clock.js';
import { OWN_SETTINGS } from '../../cookie/cookie-setting.js';

/** What a store made for express-session holds for one id. */
export interface StoredExpressSession {
  readonly cookie?: { readonly [setting: string]: unknown };
  readonly [name: string]: unknown;
}

/** A record of ours as such a store takes it: `{ ...data, cookie }`. */
export function sessionOf(
  req: SessionedRequest,
  record: SessionRecord,
  cookie: StoredExpressCookie,
): Session {
  const data = Object.create(null) as Record<string, unknown>;
  for (const [stored, text] of record.attributes) {
    const name = applicationName(stored);
    if (name === null) continue;
    if (name === STAMP || name === 'req' || name in Session.prototype) throw unstorable(name);
    data[name] = JSON.parse(text);
  }
  data[STAMP] = { createdAt: record.createdAt, touchedAt: record.touchedAt };
  const session = new Session(req, data);
  session.cookie = cookieOf(record, cookie);
  return session;
}

function cookieOf({ attributes, expiresAt }: SessionRecord, plan: StoredExpressCookie): Cookie {
  const kept = attributes.get(COOKIE);
  const { maxAge = null, ...planned } = plan;
  const own = kept === undefined ? {} : (JSON.parse(kept) as Record<string, unknown>);
  const { originalMaxAge = maxAge, ...settings } = { ...planned, ...own } as Record<string, unknown>;
  const cookie = new Cookie({ path: '/', httpOnly: true });
  for (const [name, value] of Object.entries(settings)) {
    // What is decided at each request is not the session's own.
    if (value != null && value !== 'auto') (cookie as unknown as Record<string, unknown>)[name] = value;
  }
  // Stores take their time to live from here, whether or not the browser is told.
  cookie.expires = expiresAt === NEVER ? null : new Date(expiresAt);
  cookie.originalMaxAge = originalMaxAge as number | null;
  return cookie;
}

/** What such a store gives, whoever wrote it, as a record of ours. */
export function recordOf(
  session: StoredExpressSession,
  cookie: StoredExpressCookie,
  lifetimes: AdapterLifetimes,
): SessionRecord {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(session)) {
    const isData = name !== 'cookie' && name !== STAMP && !(name in Session.prototype);
    const text = isData ? JSON.stringify(value) : undefined;
    if (text !== undefined) attributes.set(storedName(name), text);
  }
  const own = ownSettings(session.cookie ?? {}, cookie);
  if (own !== null) attributes.set(COOKIE, own);
  return {
    ...readStamp(session[STAMP], session.cookie?.['originalMaxAge'], lifetimes),
    expiresAt: NEVER,
    principal: null,
    // Such a store counts nothing. Only a login asks, so that other requests need not pay for it.
    get revision() {
      return digestOf(attributes);
    },
    attributes,
  };
}

/** A number that differs where attributes differ. */
function digestOf(attributes: ReadonlyMap<string, string>): number {
  return createHash('sha256')
    .update(JSON.stringify([...attributes]))
    .digest()
    .readUIntBE(0, 6);
}

function unstorable(name: string): SessionError {
  return new SessionError(
    'ERR_SESSION_NAME',
    `The session was not saved: an attribute named ${name} cannot be kept by a store made for express-session. Choose another name.`,
  );
}

/** How long sessions live, as far as this adapter must know it. Milliseconds. */
export interface AdapterLifetimes {
  readonly idleMs: number;
  /** How often a session is touched at most; `null` leaves it to the engine. */
  readonly touchEveryMs: number | null;
}

/** Where a session of ours keeps what express-session has no place for: when it began and when it was used last. */
export const STAMP = 'nest-session';

/**
 * A session that express-session made begins when it is first seen here. When it was used last only its store may
 * know: it is never taken for idle, and always due for a touch.
 */
export function readStamp(
  stamp: unknown,
  maxAge: unknown,
  { idleMs, touchEveryMs }: AdapterLifetimes,
): Pick<SessionRecord, 'createdAt' | 'touchedAt'> {
  const { createdAt, touchedAt } = (stamp ?? {}) as { createdAt?: unknown; touchedAt?: unknown };
  const now = Date.now();
  const isDueAfterMs =
    touchEveryMs ?? Math.min((typeof maxAge === 'number' ? maxAge : idleMs) / 10, minutes(1));
  const touched = typeof createdAt === 'number' && typeof touchedAt === 'number' ? touchedAt : 0;
  return {
    createdAt: typeof createdAt === 'number' ? createdAt : now,
    touchedAt: Math.max(touched, Math.floor(now - isDueAfterMs)),
  };
}

/** The attributes that the cookies of an application have by its options; what a stored session repeats. */
export interface StoredExpressCookie {
  readonly path?: string | undefined;
  readonly domain?: string | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly secure?: boolean | 'auto' | undefined;
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  readonly maxAge?: number | null | undefined;
  readonly priority?: SessionCookie['priority'];
  readonly partitioned?: boolean | undefined;
}

/** The settings of a stored cookie that are not those of the options, as the engine keeps them. */
export function ownSettings(
  cookie: Readonly<Record<string, unknown>>,
  options: StoredExpressCookie,
): string | null {
  const { maxAge = null, path = '/', httpOnly = true, ...others } = options;
  const planned: Record<string, unknown> = { ...others, originalMaxAge: maxAge, path, httpOnly };
  const own: Record<string, unknown> = {};
  for (const name of OWN_SETTINGS) {
    const value = cookie[name];
    const isSet = name === 'originalMaxAge' ? value !== undefined : value != null;
    if (isSet && value !== planned[name] && !isDecidedPerRequest(name, planned[name])) own[name] = value;
  }
  return Object.keys(own).length === 0 ? null : JSON.stringify(own);
}

/** Left to the request by the options: what a stored cookie says of it is how one request was, not what a session chose. */
const isDecidedPerRequest = (name: string, planned: unknown): boolean =>
  (name === 'secure' || name === 'sameSite') && (planned === undefined || planned === 'auto');
