import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { isTimeout, SessionError } from '../../core/errors.js';
import type { SessionId, SessionKey } from '../../core/session-id.js';
import { applyPatch, type SessionPatch, type SessionRecord } from '../../core/store/session-record.js';
import { type Conflict, type SessionKeying, SessionStore } from '../../core/store/session-store.js';
import {
  type StoredExpressCookie,
  type AdapterLifetimes,
  type StoredExpressSession,
  recordOf,
  sessionOf,
} from './record-mapping.js';
import { expiryOf, reportsExpiry } from './expiry-probe.js';
import { callStore, isMissing, nullIfMissing, type CallbackStore } from './callback-store.js';
import { LateWrites } from './late-writes.js';

/**
 * A store made for express-session as a {@link SessionStore}: the same ids, the same `{ ...data, cookie }`, so that both
 * read and keep each other's sessions.
 *
 * Such a store writes whole sessions. Here each write reads first, and writes of one process wait for each other: within
 * a process nothing is lost and nothing comes back. Between processes the moment from reading to writing stays open.
 * When a session is over, the store decides; the absolute limit is kept all the same.
 */
export class ExpressStoreAdapter extends SessionStore implements SessionKeying {
  readonly #store: CallbackStore;
  readonly #cookie: StoredExpressCookie;
  readonly #lifetimes: AdapterLifetimes;
  readonly #limitMs: number | null;
  readonly #writes = new KeyedQueue();
  readonly #givenUp = new LateWrites();
  #connected = true;

  /**
   * `limitMs` is the longest time to wait for an answer: a write that waits for another one would else wait for ever
   * behind a store that once forgot to answer.
   */
  constructor(
    store: CallbackStore,
    cookie: StoredExpressCookie,
    lifetimes: AdapterLifetimes,
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

  /** The store that was made for express-session. */
  get adapted(): CallbackStore {
    return this.#store;
  }

  /** Such stores file sessions under their ids. */
  keyOf(id: SessionId): SessionKey {
    return id as string as SessionKey;
  }

  async load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    this.#mustBeConnected();
    const found = await this.#call<StoredExpressSession | null | undefined>('get', key).catch(nullIfMissing);
    if (!found) return null;
    if (typeof found !== 'object' || Array.isArray(found)) return 'corrupt';
    return (await this.#isOver(found.cookie)) ? null : recordOf(found, this.#cookie, this.#lifetimes);
  }

  /** Whether a store hands out what is over by its own words. */
  async #isOver(cookie: unknown): Promise<boolean> {
    const expiry = expiryOf(cookie);
    return expiry !== null && expiry <= Date.now() && (await reportsExpiry(this.#store, this.#limitMs));
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
    return this.#writes.run(key, async () => {
      this.#mustBeConnected();
      await this.#end(key);
      return 'deleted' as const;
    });
  }

  /** From the store's event `disconnect` to its `connect` each operation fails at once: that is an outage. */
  #mustBeConnected(): void {
    if (!this.#connected)
      throw new Error('The session store emitted "disconnect", and no "connect" since then.');
  }

  async #call<T>(method: 'get' | 'set' | 'destroy', key: SessionKey, ...args: unknown[]): Promise<T> {
    try {
      const late = (): void => {
        if (method === 'set' && this.#givenUp.land(key)) void this.#end(key).catch(() => undefined);
      };
      return await callStore<T>(this.#store, method, [key, ...args], this.#limitMs, late);
    } catch (error) {
      if (error instanceof SessionError) {
        if (method === 'set' && isTimeout(error)) this.#givenUp.add(key);
        throw error;
      }
      throw withoutId(error, key);
    }
  }

  async #end(key: SessionKey): Promise<void> {
    this.#givenUp.end(key);
    await this.#call('destroy', key).catch(async (error: unknown) => {
      // Some tell of an error when they have done it.
      if (!isMissing(error) && (await this.#call('get', key).catch(nullIfMissing))) throw error;
    });
  }

  async #write(key: SessionKey, record: SessionRecord): Promise<void> {
    this.#mustBeConnected();
    await this.#call(
      'set',
      key,
      sessionOf({ sessionID: key, sessionStore: this.#store } as never, record, this.#cookie),
    );
  }
}

/** Such stores know sessions by their ids, and name them in errors: these go to logs, ids do not. */
function withoutId(error: unknown, id: string): Error {
  const { message, code, statusCode } = (error ?? {}) as Record<string, unknown>;
  const text = typeof message === 'string' ? message : String(error);
  return Object.assign(new Error(text.replaceAll(id, '(id)')), { code, statusCode });
}
