import { withDeadline } from '../../core/util/deadline.js';
import { ignoreErrors } from '../sql/sql-client.js';
import { StoreError } from '../../core/util/store-error.js';
import type { MysqlClient, MysqlPromiseClient, MysqlValue } from './mysql-values.js';

/** How statements are sent: parsed once for each connection, or anew each time. */
export type MysqlMethod = 'execute' | 'query';

/** A connection while it is lent. */
export interface MysqlLink {
  /** What `mysql2` answers. A statement that waits for others on purpose says how much longer it may take. */
  send(method: MysqlMethod, text: string, values: MysqlValue[], waitMs?: number): Promise<unknown>;
}

/** Where statements find a connection. */
export interface MysqlConnections {
  /** Lends a connection. Where the work fails in a way that is not sound, nobody gets that connection again. */
  use<T>(isSound: (error: unknown) => boolean, work: (link: MysqlLink) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A connection of a pool as `mysql2` has it underneath: what lets go of it, and its socket. */
interface Destroyable {
  destroy(): void;
  readonly stream?: { readonly destroyed?: boolean; destroy?(): unknown };
}

interface PoolConnection extends MysqlPromiseClient, Destroyable {
  release(): void;
  /** What a connection of promises stands for. */
  readonly connection?: Destroyable;
}

/** What a pool has beyond a connection. */
export interface MysqlConnectionPool {
  getConnection(): Promise<PoolConnection>;
}

/** A statement takes no longer, or its connection is dead and nobody has told: a cut line and a lost server are silent. */
const RESPOND_WITHIN_MS = 4000;

/** Connections of a client that was given, or of the store's own pool, which is closed with them. */
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
  /** Connections that nobody has, and since when. Known for an own pool only: others use theirs as well. */
  readonly #idle = new Map<Destroyable, number>();

  constructor(pool: MysqlConnectionPool, close: (() => Promise<void>) | null) {
    this.#pool = pool;
    this.#close = close;
  }

  async use<T>(isSound: (error: unknown) => boolean, work: (link: MysqlLink) => Promise<T>): Promise<T> {
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
      const done = await work({ send });
      this.#release(connection, core);
      return done;
    } catch (error) {
      if (isSilent) destroy(core);
      else if (isSound(error)) this.#release(connection, core);
      else core.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#close?.();
  }

  #release(connection: PoolConnection, core: Destroyable): void {
    if (this.#close !== null) {
      for (const held of this.#idle.keys()) if (held.stream?.destroyed === true) this.#idle.delete(held);
      this.#idle.set(core, Date.now());
    }
    connection.release();
  }

  /** Those that were idle while another fell silent are most likely as dead, and each would have to be found out. */
  #destroyIdleSince(since: number): void {
    for (const [core, at] of this.#idle) {
      if (at > since) continue;
      this.#idle.delete(core);
      destroy(core);
    }
  }
}

/** A silent peer never answers to a polite end: without its socket a connection is gone at once. */
function destroy(connection: Destroyable): void {
  connection.destroy();
  connection.stream?.destroy?.();
}

const isPool = (client: object): client is MysqlConnectionPool => 'getConnection' in client;
