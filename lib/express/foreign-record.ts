import { createHash } from 'node:crypto';
import { applicationName, storedName } from '../core/stored-name.js';
import { SessionError } from '../core/session-error.js';
import { NEVER, type SessionRecord } from '../core/session-record.js';
import { COOKIE } from '../core/session-state.js';
import { Cookie } from './cookie.js';
import { ownSettings, type ForeignCookie } from './foreign-cookie.js';
import { readStamp, STAMP, type ForeignLifetimes } from './foreign-stamp.js';
import { Session, type SessionedRequest } from './session.js';

/** What a store made for express-session holds for one id. */
export interface ForeignSession {
  readonly cookie?: { readonly [setting: string]: unknown };
  readonly [name: string]: unknown;
}

/** A record of ours as such a store takes it: `{ ...data, cookie }`. */
export function sessionOf(req: SessionedRequest, record: SessionRecord, cookie: ForeignCookie): Session {
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

function cookieOf({ attributes, expiresAt }: SessionRecord, plan: ForeignCookie): Cookie {
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
  session: ForeignSession,
  cookie: ForeignCookie,
  lifetimes: ForeignLifetimes,
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
