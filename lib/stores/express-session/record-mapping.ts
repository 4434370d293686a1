import { createHash } from 'node:crypto';
import { applicationName, COOKIE, storedName } from '../../core/session/attribute-name.js';
import { markedSettings } from '../../core/session/lifetime-mark.js';
import { LIFETIME } from '../../core/session/own-attributes.js';
import { SessionError } from '../../core/errors.js';
import { NEVER, type SessionRecord } from '../../core/store/session-record.js';
import type { SessionCookie } from '../../core/session/session-cookie.js';
import { Cookie } from './cookie.js';
import { Session, type SessionedRequest } from './session.js';
import { minutes } from '../../core/util/clock.js';
import { OWN_SETTINGS } from '../../cookie/cookie-setting.js';

/** The data of one session in an express-session store. */
export interface StoredExpressSession {
  readonly cookie?: { readonly [setting: string]: unknown };
  readonly [name: string]: unknown;
}

/** A record as the session that an express-session store saves: `{ ...data, cookie }`. */
export function sessionOf(
  req: SessionedRequest,
  record: SessionRecord,
  cookie: StoredExpressCookie,
): Session {
  const data = Object.create(null) as Record<string, unknown>;
  for (const [stored, text] of record.attributes) {
    const name = applicationName(stored);
    if (name === null) continue; // The stamp has it.
    if (name === STAMP || name === 'req' || name in Session.prototype) throw unstorable(name);
    data[name] = JSON.parse(text);
  }
  data[STAMP] = stampOf(record);
  const session = new Session(req, data);
  session.cookie = cookieOf(record, cookie);
  return session;
}

function cookieOf({ attributes, expiresAt }: SessionRecord, options: StoredExpressCookie): Cookie {
  const text = attributes.get(COOKIE);
  const { maxAge = null, ...defaults } = options;
  const own = text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
  const {
    originalMaxAge = maxAge,
    lifetime: _,
    ...settings
  } = { ...defaults, ...own } as Record<string, unknown>;
  const cookie = new Cookie({ path: '/', httpOnly: true });
  for (const [name, value] of Object.entries(settings)) {
    // 'auto' is decided at each request, so it is not stored.
    if (value != null && value !== 'auto') (cookie as unknown as Record<string, unknown>)[name] = value;
  }
  // Stores derive their time to live from it, even if the cookie is sent without an expiry.
  cookie.expires = expiresAt === NEVER ? null : new Date(expiresAt);
  cookie.originalMaxAge = originalMaxAge as number | null;
  return cookie;
}

/** The result of a store's `get` as a record, also if express-session saved it. */
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
  const { principal, own } = loginOf(session[STAMP]);
  for (const [name, text] of own) attributes.set(name, text);
  const settings = ownSettings(session.cookie ?? {}, cookie);
  if (own.has(LIFETIME)) attributes.set(COOKIE, markedSettings(settings));
  else if (settings !== null) attributes.set(COOKIE, settings);
  return {
    ...readStamp(session[STAMP], session.cookie?.['originalMaxAge'], lifetimes),
    expiresAt: NEVER,
    principal,
    // These stores have no revisions. A getter, since only a login reads it.
    get revision() {
      return digestOf(principal, attributes);
    },
    attributes,
  };
}

/** A number that depends on the principal and the attributes only. */
function digestOf(principal: string | null, attributes: ReadonlyMap<string, string>): number {
  return createHash('sha256')
    .update(JSON.stringify([principal, ...attributes]))
    .digest()
    .readUIntBE(0, 6);
}

function unstorable(name: string): SessionError {
  return new SessionError(
    'ERR_SESSION_NAME',
    `The session was not saved: express-session stores cannot hold an attribute named ${name}. Choose another name.`,
  );
}

/** The lifetimes that the adapter needs. Milliseconds. */
export interface AdapterLifetimes {
  readonly idleMs: number;
  /** Shortest time between two touches; `null` derives it from the idle timeout. */
  readonly touchEveryMs: number | null;
}

/** The attribute for what express-session does not store: times, principal and the engine's attributes. */
export const STAMP = 'nest-session';

/**
 * The principal and the engine's attributes are part of it only where a session has some. The texts stay
 * texts, and the names lose their `$`: some databases sort the properties of objects, or refuse that name.
 */
function stampOf({ createdAt, touchedAt, principal, attributes }: SessionRecord): object {
  const own: Record<string, string> = {};
  for (const [stored, text] of attributes) if (isOwn(stored)) own[stored.slice(1)] = text;
  return {
    createdAt,
    touchedAt,
    ...(principal === null ? {} : { principal }),
    ...(Object.keys(own).length === 0 ? {} : { own }),
  };
}

/** The principal of a stamp, and the engine's attributes by their stored names. */
function loginOf(stamp: unknown): { readonly principal: string | null; readonly own: Map<string, string> } {
  const { principal, own } = (stamp ?? {}) as { readonly principal?: unknown; readonly own?: unknown };
  const texts = new Map<string, string>();
  for (const [name, text] of Object.entries(own ?? {}))
    if (typeof text === 'string' && isOwn(`$${name}`)) texts.set(`$${name}`, text);
  return { principal: typeof principal === 'string' ? principal : null, own: texts };
}

/** Whether a stored name is one of the engine. The cookie's settings are in the stored cookie. */
const isOwn = (stored: string): boolean => stored !== COOKIE && applicationName(stored) === null;

/**
 * The times of a record. A session that express-session saved begins at its first load. The time of its last
 * use is not in its data: it never counts as idle, and a touch is always due.
 */
export function readStamp(
  stamp: unknown,
  maxAge: unknown,
  { idleMs, touchEveryMs }: AdapterLifetimes,
): Pick<SessionRecord, 'createdAt' | 'touchedAt'> {
  const { createdAt, touchedAt } = (stamp ?? {}) as { createdAt?: unknown; touchedAt?: unknown };
  const now = Date.now();
  const touchAfterMs =
    touchEveryMs ?? Math.min((typeof maxAge === 'number' ? maxAge : idleMs) / 10, minutes(1));
  const touched = typeof createdAt === 'number' && typeof touchedAt === 'number' ? touchedAt : 0;
  return {
    createdAt: typeof createdAt === 'number' ? createdAt : now,
    touchedAt: Math.max(touched, Math.floor(now - touchAfterMs)),
  };
}

/** The cookie attributes in an application's options. Stored sessions repeat them. */
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

/** JSON text of the settings of a stored cookie that differ from the options; `null` if none does. */
export function ownSettings(
  cookie: Readonly<Record<string, unknown>>,
  options: StoredExpressCookie,
): string | null {
  const { maxAge = null, path = '/', httpOnly = true, ...others } = options;
  const defaults: Record<string, unknown> = { ...others, originalMaxAge: maxAge, path, httpOnly };
  const own: Record<string, unknown> = {};
  for (const name of OWN_SETTINGS) {
    const value = cookie[name];
    const isSet = name === 'originalMaxAge' ? value !== undefined : value != null;
    if (isSet && value !== defaults[name] && !isDecidedPerRequest(name, defaults[name])) own[name] = value;
  }
  return Object.keys(own).length === 0 ? null : JSON.stringify(own);
}

/** Whether each request decides a setting: its value in a stored cookie was right for one request only. */
const isDecidedPerRequest = (name: string, option: unknown): boolean =>
  (name === 'secure' || name === 'sameSite') && (option === undefined || option === 'auto');
