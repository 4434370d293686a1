import { withDeadline } from '../../core/util/deadline.js';
import { ignoreErrors } from '../sql/sql-client.js';
import { StoreError } from '../../core/util/store-error.js';
import type { MysqlClient, MysqlPromiseClient, MysqlValue } from './mysql-values.js';

/** How statements are sent: `execute` prepares a statement once per connection, `query` never. */
export type MysqlMethod = 'execute' | 'query';

/** A connection that is in use for one operation. */
export interface MysqlLink {
  /**
   * Resolves with the result of `mysql2`. `waitMs` extends the limit, for a statement that waits for a lock.
   */
  send(method: MysqlMethod, text: string, values: MysqlValue[], waitMs?: number): Promise<unknown>;
}

/** A source of connections. */
export interface MysqlConnections {
  /**
   * Runs work with a connection. Closes the connection when the work fails and `isReusable` returns `false`.
   */
  use<T>(isReusable: (error: unknown) => boolean, work: (link: MysqlLink) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The part of a `mysql2` connection that closes it, and its socket. */
interface Destroyable {
  destroy(): void;
  readonly stream?: { readonly destroyed?: boolean; destroy?(): unknown };
}

interface PoolConnection extends MysqlPromiseClient, Destroyable {
  release(): void;
  /** The callback connection that a promise connection wraps. */
  readonly connection?: Destroyable;
}

/** The part of a pool that a single connection does not have. */
export interface MysqlConnectionPool {
  getConnection(): Promise<PoolConnection>;
}

/** Limit for a statement. A lost server sends no error: its connection only stops responding. */
const RESPOND_WITHIN_MS = 4000;

/** Connections of the application's client, or of the store's own pool, which `close` closes. */
export function connectionsOf(
  client: MysqlClient,
  closePool: (() => Promise<void>) | null = null,
): MysqlConnections {
  const promised = 'promise' in client ? client.promise() : client;
  if (isPool(promised)) return new PooledConnections(promised, closePool);
  const stopIgnoring = ignoreErrors(client);
  const link: MysqlLink = { send: async (method, text, values) => promised[method](text, values) };
  return { use: (_, work) => work(link), close: async () => stopIgnoring() };
}

class PooledConnections implements MysqlConnections {
  readonly #pool: MysqlConnectionPool;
  readonly #close: (() => Promise<void>) | null;
  /** Idle connections, and since when. Only for the store's own pool. */
  readonly #idle = new Map<Destroyable, number>();

  constructor(pool: MysqlConnectionPool, close: (() => Promise<void>) | null) {
    this.#pool = pool;
    this.#close = close;
  }

  async use<T>(isReusable: (error: unknown) => boolean, work: (link: MysqlLink) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection();
    const core = connection.connection ?? connection;
    this.#idle.delete(core);
    let isSilent = false;
    const send: MysqlLink['send'] = async (method, text, values, waitMs = 0) => {
      const startedAt = Date.now();
      const limitMs = RESPOND_WITHIN_MS + waitMs;
      const onSilence = (): Error => {
        isSilent = true;
        this.#destroyIdleSince(startedAt);
        return new StoreError(`The database has not responded within ${limitMs} ms.`);
      };
      return withDeadline(Promise.resolve(connection[method](text, values)), limitMs, onSilence);
    };
    try {
      const result = await work({ send });
      this.#release(connection, core);
      return result;
    } catch (error) {
      if (isSilent) destroy(core);
      else if (isReusable(error)) this.#release(connection, core);
      else core.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#close?.();
  }

  #release(connection: PoolConnection, core: Destroyable): void {
    if (this.#close !== null) {
      for (const idle of this.#idle.keys()) if (idle.stream?.destroyed === true) this.#idle.delete(idle);
      this.#idle.set(core, Date.now());
    }
    connection.release();
  }

  /** Connections that were idle when another one stopped responding are probably dead too. */
  #destroyIdleSince(since: number): void {
    for (const [core, at] of this.#idle) {
      if (at > since) continue;
      this.#idle.delete(core);
      destroy(core);
    }
  }
}

/** A server that does not respond never confirms an orderly close, so the socket is destroyed. */
function destroy(connection: Destroyable): void {
  connection.destroy();
  connection.stream?.destroy?.();
}

const isPool = (client: object): client is MysqlConnectionPool => 'getConnection' in client;
