import { createHash } from 'node:crypto';
import { applicationName, COOKIE, storedName } from '../../core/session/attribute-name.js';
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
    if (name === null) continue;
    if (name === STAMP || name === 'req' || name in Session.prototype) throw unstorable(name);
    data[name] = JSON.parse(text);
  }
  data[STAMP] = { createdAt: record.createdAt, touchedAt: record.touchedAt };
  const session = new Session(req, data);
  session.cookie = cookieOf(record, cookie);
  return session;
}

function cookieOf({ attributes, expiresAt }: SessionRecord, options: StoredExpressCookie): Cookie {
  const text = attributes.get(COOKIE);
  const { maxAge = null, ...defaults } = options;
  const own = text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
  const { originalMaxAge = maxAge, ...settings } = { ...defaults, ...own } as Record<string, unknown>;
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
  const own = ownSettings(session.cookie ?? {}, cookie);
  if (own !== null) attributes.set(COOKIE, own);
  return {
    ...readStamp(session[STAMP], session.cookie?.['originalMaxAge'], lifetimes),
    expiresAt: NEVER,
    principal: null,
    // These stores have no revisions. A getter, since only a login reads it.
    get revision() {
      return digestOf(attributes);
    },
    attributes,
  };
}

/** A number that depends on the attributes only. */
function digestOf(attributes: ReadonlyMap<string, string>): number {
  return createHash('sha256')
    .update(JSON.stringify([...attributes]))
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

/** The attribute for what express-session does not store: `createdAt` and `touchedAt`. */
export const STAMP = 'nest-session';

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
