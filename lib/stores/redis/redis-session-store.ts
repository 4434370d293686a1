import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import {
  type Conflict,
  type StoredSession,
  type PrincipalIndex,
  SessionStore,
} from '../../core/store/session-store.js';
import { ClusterWriter } from './cluster-writer.js';
import { SingleServerWriter } from './single-server-writer.js';
import { connectTo } from './own-client.js';
import { PrincipalEntries } from './principal-entries.js';
import { PrincipalSessions } from './principal-sessions.js';
import { RedisAccess, wordOf } from './redis-access.js';
import { connectionOf, type RedisClient, type RedisConnection } from './redis-clients.js';
import type { SessionWriter } from './session-writer.js';
import { decodeFields } from './redis-record.js';
import { LOAD, REMOVE } from './redis-scripts.js';
import { checkOptions, type RedisStoreOptions } from './redis-store-options.js';

const CLOSE_WITHIN_MS = 2000;

/**
 * Sessions in Redis, 6.2 or later, or a server that speaks like it: one server, one behind sentinels, or a cluster.
 *
 * A request costs one round trip to load its session and one to save it. Redis lets go of sessions by itself some minutes
 * after they are over.
 *
 * @example
 * ```ts
 * import { SessionModule } from 'nest-session';
 * import { RedisSessionStore } from 'nest-session/redis';
 *
 * SessionModule.forRoot({ secret, store: new RedisSessionStore({ url: 'redis://localhost:6379' }) });
 * ```
 */
export class RedisSessionStore extends SessionStore implements PrincipalIndex {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;
  readonly #filing: SessionWriter;
  readonly #principals: PrincipalSessions;
  readonly #letGo: () => void;
  #closing: Promise<void> | null = null;

  /** @throws TypeError or RangeError when an option is wrong; Error when there is no package that can connect to a URL. */
  constructor(options: RedisStoreOptions) {
    super();
    const { prefix, server } = checkOptions(options);
    const { connection, letGo } = 'url' in server ? openUrl(server.url) : borrow(server.client);
    this.#access = new RedisAccess(connection, prefix);
    this.#entries = new PrincipalEntries(this.#access);
    const Filing = connection.isCluster ? ClusterWriter : SingleServerWriter;
    this.#filing = new Filing(this.#access, this.#entries);
    this.#principals = new PrincipalSessions(this.#access, this.#entries, (key) => this.load(key));
    this.#letGo = letGo;
  }

  async load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    const answer = await this.#access.run(LOAD, [this.#access.sessionKey(key)], []);
    if (answer.length > 1) return decodeFields(answer) ?? 'corrupt';
    return wordOf(answer) === 'missing' ? null : 'corrupt';
  }

  create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    return this.#filing.create(key, record);
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#filing.patch(key, patch);
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    return this.#filing.rekey(from, to, record, revision);
  }

  async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    const answer = await this.#access.run(REMOVE, [this.#access.sessionKey(key)], []);
    if (wordOf(answer) === 'missing') return 'missing';
    const principal = String(answer[1]);
    if (principal !== '') await this.#entries.strike(principal, [key]);
    return 'deleted';
  }

  listByPrincipal(principal: string, at: number, limit: number): Promise<readonly StoredSession[]> {
    return this.#principals.listByPrincipal(principal, at, limit);
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    return this.#principals.deleteByPrincipal(principal, keep);
  }

  /** Waits for commands under way, and closes the client where the store made it. Nest calls it; elsewhere it is for whoever made the store. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /**
   * Checks the server. Nest calls it when the application starts.
   *
   * @throws Error when the server is in cluster mode and the client is not. A server that is down passes.
   */
  onModuleInit(): Promise<void> {
    return this.#access.checkMode();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    // A server that does not respond must not keep the application from ending.
    await this.#access.idle(CLOSE_WITHIN_MS);
    this.#letGo();
  }
}

interface Held {
  readonly connection: RedisConnection;
  readonly letGo: () => void;
}

function openUrl(url: string): Held {
  const connection = connectTo(url);
  return { connection, letGo: () => connection.close() };
}

/** The application's client: watched, because a lost connection must not end the process, and never closed. */
function borrow(client: RedisClient): Held {
  const ignore = (): void => undefined;
  client.on('error', ignore);
  return { connection: connectionOf(client)!, letGo: () => void client.off('error', ignore) };
}
