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
import { expiryOf, isExpiryReliable } from './expiry-probe.js';
import { callStore, isMissing, nullIfMissing, type CallbackStore } from './callback-store.js';
import { LateWrites } from './late-writes.js';

/**
 * An express-session store as a {@link SessionStore}. Ids and the stored `{ ...data, cookie }` are the same,
 * so express-session can read what is written here, and the reverse.
 *
 * These stores write whole sessions. A patch loads the session first, and writes of one process run one after
 * the other: within a process no update is lost and no destroyed session is restored. Between processes, both
 * can still happen between load and write. The store decides when a session expires; the absolute timeout
 * applies too.
 */
export class ExpressStoreAdapter extends SessionStore implements SessionKeying {
  readonly #store: CallbackStore;
  readonly #cookie: StoredExpressCookie;
  readonly #lifetimes: AdapterLifetimes;
  readonly #limitMs: number | null;
  readonly #writes: KeyedQueue;
  readonly #lateWrites: LateWrites;
  #connected = true;

  /** `limitMs`: deadline of each store call. A call without a result would block all later writes. */
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
    ({ writes: this.#writes, lateWrites: this.#lateWrites } = writesOf(store));
    if (typeof store.on !== 'function') return;
    store.on('disconnect', () => (this.#connected = false));
    store.on('connect', () => (this.#connected = true));
  }

  /** The id itself. */
  keyOf(id: SessionId): SessionKey {
    return id as string as SessionKey;
  }

  async load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    this.#assertConnected();
    const found = await this.#call<StoredExpressSession | null | undefined>('get', key).catch(nullIfMissing);
    if (!found) return null;
    if (typeof found !== 'object' || Array.isArray(found)) return 'corrupt';
    return (await this.#isExpired(found.cookie)) ? null : recordOf(found, this.#cookie, this.#lifetimes);
  }

  /** Some stores return sessions whose stored cookie has expired. */
  async #isExpired(cookie: unknown): Promise<boolean> {
    const expiry = expiryOf(cookie);
    return expiry !== null && expiry <= Date.now() && (await isExpiryReliable(this.#store, this.#limitMs));
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
      const current = await this.load(from);
      if (current === null || current === 'corrupt') return 'missing';
      if (revision !== null && current.revision !== revision) return { conflict: current };
      await this.#write(to, record);
      await this.#destroy(from);
      return 'applied';
    });
  }

  delete(key: SessionKey): Promise<'deleted'> {
    return this.#writes.run(key, async () => {
      this.#assertConnected();
      await this.#destroy(key);
      return 'deleted' as const;
    });
  }

  /** Between the store's events `disconnect` and `connect`, each operation fails immediately. */
  #assertConnected(): void {
    if (!this.#connected)
      throw new Error('The session store emitted "disconnect", and no "connect" since then.');
  }

  async #call<T>(method: 'get' | 'set' | 'destroy', key: SessionKey, ...args: unknown[]): Promise<T> {
    try {
      const onLate = (): void => {
        if (method === 'set' && this.#lateWrites.complete(key)) this.#destroy(key).catch(() => undefined);
      };
      return await callStore<T>(this.#store, method, [key, ...args], this.#limitMs, onLate);
    } catch (error) {
      if (error instanceof SessionError) {
        if (method === 'set' && isTimeout(error)) this.#lateWrites.add(key);
        throw error;
      }
      throw withoutId(error, key);
    }
  }

  async #destroy(key: SessionKey): Promise<void> {
    this.#lateWrites.markDestroyed(key);
    await this.#call('destroy', key).catch(async (error: unknown) => {
      // Some stores report an error although they have removed the session.
      if (!isMissing(error) && (await this.#call('get', key).catch(nullIfMissing))) throw error;
    });
  }

  async #write(key: SessionKey, record: SessionRecord): Promise<void> {
    this.#assertConnected();
    await this.#call(
      'set',
      key,
      sessionOf({ sessionID: key, sessionStore: this.#store } as never, record, this.#cookie),
    );
  }
}

/**
 * Pending writes of each store. They belong to the store and not to an adapter: two middlewares on one store
 * would otherwise load and write the same session concurrently, and one would overwrite the other.
 */
const writesOfStores = new WeakMap<
  object,
  { readonly writes: KeyedQueue; readonly lateWrites: LateWrites }
>();

function writesOf(store: object) {
  const known = writesOfStores.get(store);
  if (known !== undefined) return known;
  const made = { writes: new KeyedQueue(), lateWrites: new LateWrites() };
  writesOfStores.set(store, made);
  return made;
}

/** Errors of these stores can contain the id, which must not get into logs. */
function withoutId(error: unknown, id: string): Error {
  const { message, code, statusCode } = (error ?? {}) as Record<string, unknown>;
  const text = typeof message === 'string' ? message : String(error);
  return Object.assign(new Error(text.replaceAll(id, '(id)')), { code, statusCode });
}
