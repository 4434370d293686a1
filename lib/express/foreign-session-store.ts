import { minutes } from '../core/durations.js';
import { KeyedQueue } from '../core/keyed-queue.js';
import { applicationName, storedName } from '../core/session-attributes.js';
import type { SessionId } from '../core/session-id.js';
import type { SessionKey } from '../core/session-key.js';
import { applyPatch, NEVER, type SessionPatch, type SessionRecord } from '../core/session-record.js';
import { type Conflict, type SessionKeying, SessionStore } from '../core/session-store.js';
import { COOKIE } from '../core/session-state.js';
import { Cookie } from './cookie.js';
import { callStore, type ForeignStore } from './foreign-store-call.js';
import { Session } from './session.js';

/** The attributes that the cookies of an application have by its options; what a stored session repeats. */
export interface ForeignCookie {
  readonly path?: string | undefined;
  readonly domain?: string | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly secure?: boolean | 'auto' | undefined;
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  readonly maxAge?: number | null | undefined;
}

interface ForeignSession {
  readonly cookie?: { readonly originalMaxAge?: unknown };
  readonly [name: string]: unknown;
}

/** Where a session of ours keeps what express-session has no place for: when it began and when it was used last. */
const STAMP = '$session';

/**
 * A store made for express-session as a {@link SessionStore}: the same ids, the same `{ ...data, cookie }`, so that both
 * read and keep each other's sessions.
 *
 * Such a store writes whole sessions. Here each write reads first, and writes of one process wait for each other: within
 * a process nothing is lost and nothing comes back. Between processes the moment from reading to writing stays open.
 * When a session is over, the store decides; the absolute limit is kept all the same.
 */
export class ForeignSessionStore extends SessionStore implements SessionKeying {
  readonly #store: ForeignStore;
  readonly #cookie: ForeignCookie;
  readonly #touchAfterMs: number;
  readonly #writes = new KeyedQueue();
  #connected = true;

  /** `idleMs` is how long a session may stay unused. */
  constructor(store: ForeignStore, cookie: ForeignCookie, idleMs: number) {
    super();
    this.#store = store;
    this.#cookie = cookie;
    this.#touchAfterMs = Math.min(idleMs / 10, minutes(1));
    if (typeof store.on !== 'function') return;
    store.on('disconnect', () => (this.#connected = false));
    store.on('connect', () => (this.#connected = true));
  }

  /** Such stores file sessions under their ids. */
  keyOf(id: SessionId): SessionKey {
    return id as string as SessionKey;
  }

  async load(key: SessionKey): Promise<SessionRecord | null> {
    if (!this.#connected) throw new Error('The store has told that it is disconnected.');
    const found = await callStore<ForeignSession | null | undefined>(this.#store, 'get', key).catch(
      nullIfMissing,
    );
    return found ? this.#recordOf(found) : null;
  }

  async create(key: SessionKey, record: SessionRecord): Promise<'created'> {
    await this.#write(key, record);
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#writes.run(key, async () => {
      const record = await this.load(key);
      if (record === null) return 'missing';
      const next = applyPatch(record, patch);
      if (next === null) return { conflict: record };
      await this.#write(key, next);
      return 'applied';
    });
  }

  rekey(from: SessionKey, to: SessionKey, record: SessionRecord): Promise<'applied' | 'missing'> {
    return this.#writes.run(from, async () => {
      if ((await this.load(from)) === null) return 'missing';
      await this.#write(to, record);
      await callStore(this.#store, 'destroy', from);
      return 'applied';
    });
  }

  delete(key: SessionKey): Promise<'deleted'> {
    return this.#writes.run(key, async () => {
      await callStore(this.#store, 'destroy', key).catch(nullIfMissing);
      return 'deleted' as const;
    });
  }

  async #write(key: SessionKey, record: SessionRecord): Promise<void> {
    await callStore(this.#store, 'set', key, this.#sessionOf(key, record));
  }

  #sessionOf(key: SessionKey, record: SessionRecord): Session {
    const data: Record<string, unknown> = {};
    for (const [stored, text] of record.attributes) {
      const name = applicationName(stored);
      if (name !== null) data[name] = JSON.parse(text);
    }
    data[STAMP] = { createdAt: record.createdAt, touchedAt: record.touchedAt };
    const session = new Session({ sessionID: key, sessionStore: this.#store }, data);
    session.cookie = this.#cookieOf(record);
    return session;
  }

  #cookieOf({ attributes, expiresAt }: SessionRecord): Cookie {
    const kept = attributes.get(COOKIE);
    const own = kept === undefined ? {} : (JSON.parse(kept) as { originalMaxAge?: number | null });
    const { path, domain, httpOnly, secure, sameSite, maxAge } = this.#cookie;
    const cookie = new Cookie({ path: path ?? '/', httpOnly: httpOnly ?? true });
    if (domain !== undefined) cookie.domain = domain;
    if (typeof secure === 'boolean') cookie.secure = secure;
    if (sameSite !== 'auto' && sameSite !== undefined) cookie.sameSite = sameSite;
    // Stores take their time to live from here, whether or not the browser is told.
    cookie.expires = expiresAt === NEVER ? null : new Date(expiresAt);
    cookie.originalMaxAge = own.originalMaxAge === undefined ? (maxAge ?? null) : own.originalMaxAge;
    return cookie;
  }

  #recordOf(session: ForeignSession): SessionRecord {
    const attributes = new Map<string, string>();
    for (const [name, value] of Object.entries(session)) {
      const text = name === 'cookie' || name === STAMP ? undefined : JSON.stringify(value);
      if (text !== undefined) attributes.set(storedName(name), text);
    }
    const maxAge = session.cookie?.originalMaxAge ?? null;
    if (typeof maxAge === 'number' && maxAge !== this.#cookie.maxAge)
      attributes.set(COOKIE, JSON.stringify({ originalMaxAge: maxAge }));
    return { ...this.#stampOf(session[STAMP]), expiresAt: NEVER, principal: null, attributes };
  }

  /**
   * A session that express-session made begins when it is first seen here. When it was used last only its store may
   * know: it is never taken for idle, and soon touched.
   */
  #stampOf(stamp: unknown): Pick<SessionRecord, 'createdAt' | 'touchedAt'> {
    const { createdAt, touchedAt } = (stamp ?? {}) as { createdAt?: unknown; touchedAt?: unknown };
    const now = Date.now();
    const touched = typeof createdAt === 'number' && typeof touchedAt === 'number' ? touchedAt : 0;
    return {
      createdAt: typeof createdAt === 'number' ? createdAt : now,
      touchedAt: Math.max(touched, now - this.#touchAfterMs),
    };
  }
}

/** Some stores tell of a missing session by an error. */
function nullIfMissing(error: unknown): null {
  if ((error as { code?: unknown } | null)?.code === 'ENOENT') return null;
  throw error;
}
