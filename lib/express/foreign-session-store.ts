import { createHash } from 'node:crypto';
import { KeyedQueue } from '../core/keyed-queue.js';
import { applicationName, storedName } from '../core/session-attributes.js';
import { isUnanswered, SessionError } from '../core/session-error.js';
import type { SessionId } from '../core/session-id.js';
import type { SessionKey } from '../core/session-key.js';
import { applyPatch, NEVER, type SessionPatch, type SessionRecord } from '../core/session-record.js';
import { type Conflict, type SessionKeying, SessionStore } from '../core/session-store.js';
import { COOKIE } from '../core/session-state.js';
import { Cookie } from './cookie.js';
import { ownSettings, type ForeignCookie } from './foreign-cookie.js';
import { callStore, nullIfMissing, type ForeignStore } from './foreign-store-call.js';
import { GivenUpWrites } from './given-up-writes.js';
import { readStamp, STAMP, type ForeignLifetimes } from './foreign-stamp.js';
import { Session } from './session.js';

interface ForeignSession {
  readonly cookie?: { readonly [setting: string]: unknown };
  readonly [name: string]: unknown;
}

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
  readonly #lifetimes: ForeignLifetimes;
  readonly #limitMs: number | null;
  readonly #writes = new KeyedQueue();
  readonly #givenUp = new GivenUpWrites();
  #connected = true;

  /**
   * `limitMs` is the longest time to wait for an answer: a write that waits for another one would else wait for ever
   * behind a store that once forgot to answer.
   */
  constructor(
    store: ForeignStore,
    cookie: ForeignCookie,
    lifetimes: ForeignLifetimes,
    limitMs: number | null,
  ) {
    super();
    this.#limitMs = limitMs;
    this.#store = store;
    this.#cookie = cookie;
    this.#lifetimes = lifetimes;
    if (typeof store.on !== 'function') return;
    store.on('disconnect', () => (this.#connected = false));
    store.on('connect', () => (this.#connected = true));
  }

  /** Such stores file sessions under their ids. */
  keyOf(id: SessionId): SessionKey {
    return id as string as SessionKey;
  }

  async load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    if (!this.#connected) throw new Error('The store has told that it is disconnected.');
    const found = await this.#call<ForeignSession | null | undefined>('get', key).catch(nullIfMissing);
    if (!found) return null;
    return typeof found === 'object' && !Array.isArray(found) ? this.#recordOf(found) : 'corrupt';
  }

  async create(key: SessionKey, record: SessionRecord): Promise<'created'> {
    await this.#write(key, record);
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#writes.run(key, async () => {
      const record = await this.load(key);
      if (record === null || record === 'corrupt') return 'missing';
      const next = applyPatch(record, patch);
      if (next === null) return { conflict: record };
      await this.#write(key, next);
      return 'applied';
    });
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | Conflict> {
    return this.#writes.run(from, async () => {
      const held = await this.load(from);
      if (held === null || held === 'corrupt') return 'missing';
      if (revision !== null && held.revision !== revision) return { conflict: held };
      await this.#write(to, record);
      await this.#end(from);
      return 'applied';
    });
  }

  delete(key: SessionKey): Promise<'deleted'> {
    return this.#writes.run(key, () => this.#end(key).then(() => 'deleted' as const));
  }

  /** Such stores know sessions by their ids, and name them in errors: these go to logs, ids do not. */
  async #call<T>(method: 'get' | 'set' | 'destroy', key: SessionKey, ...args: unknown[]): Promise<T> {
    try {
      const late = (): void => {
        if (method === 'set' && this.#givenUp.land(key)) void this.#end(key).catch(() => undefined);
      };
      return await callStore<T>(this.#store, method, [key, ...args], this.#limitMs, late);
    } catch (error) {
      if (error instanceof SessionError) {
        if (method === 'set' && isUnanswered(error)) this.#givenUp.add(key);
        throw error;
      }
      const { message = String(error), code } = (error ?? {}) as { message?: string; code?: unknown };
      throw Object.assign(new Error(message.replaceAll(key, '(id)')), code === undefined ? {} : { code });
    }
  }

  async #end(key: SessionKey): Promise<void> {
    this.#givenUp.end(key);
    await this.#call('destroy', key).catch(nullIfMissing);
  }

  async #write(key: SessionKey, record: SessionRecord): Promise<void> {
    await this.#call('set', key, this.#sessionOf(key, record));
  }

  #sessionOf(key: SessionKey, record: SessionRecord): Session {
    const data = Object.create(null) as Record<string, unknown>;
    for (const [stored, text] of record.attributes) {
      const name = applicationName(stored);
      if (name === null) continue;
      if (name === STAMP || name === 'req' || name in Session.prototype) throw unstorable(name);
      data[name] = JSON.parse(text);
    }
    data[STAMP] = { createdAt: record.createdAt, touchedAt: record.touchedAt };
    const session = new Session({ sessionID: key, sessionStore: this.#store }, data);
    session.cookie = this.#cookieOf(record);
    return session;
  }

  #cookieOf({ attributes, expiresAt }: SessionRecord): Cookie {
    const kept = attributes.get(COOKIE);
    const { maxAge = null, ...planned } = this.#cookie;
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

  #recordOf(session: ForeignSession): SessionRecord {
    const attributes = new Map<string, string>();
    for (const [name, value] of Object.entries(session)) {
      const isData = name !== 'cookie' && name !== STAMP && !(name in Session.prototype);
      const text = isData ? JSON.stringify(value) : undefined;
      if (text !== undefined) attributes.set(storedName(name), text);
    }
    const own = ownSettings(session.cookie ?? {}, this.#cookie);
    if (own !== null) attributes.set(COOKIE, own);
    return {
      ...readStamp(session[STAMP], session.cookie?.['originalMaxAge'], this.#lifetimes),
      expiresAt: NEVER,
      principal: null,
      // Such a store counts nothing. Only a login asks, so that other requests need not pay for it.
      get revision() {
        return digestOf(attributes);
      },
      attributes,
    };
  }
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
