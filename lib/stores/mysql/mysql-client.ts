import type { SqlClient, SqlRow, SqlStatement } from '../sql/sql-client.js';

/** What fills the places of a statement. */
export type MysqlValue = string | number | null;

/** A pool or a connection of `mysql2/promise`. */
export interface MysqlPromiseClient {
  query(text: string, values?: MysqlValue[]): PromiseLike<unknown>;
  execute(text: string, values?: MysqlValue[]): PromiseLike<unknown>;
}

/** A pool or a connection of `mysql2`. */
export interface MysqlCallbackClient {
  promise(): MysqlPromiseClient;
}

/** What a store can be given to talk to MySQL or MariaDB. */
export type MysqlClient = MysqlPromiseClient | MysqlCallbackClient;

/** What a pool has beyond a connection, and what it gives. */
interface Pool {
  getConnection(): Promise<MysqlPromiseClient & { release(): void; destroy(): void }>;
}

/** How statements are sent: parsed once for each connection, or anew each time. */
export type MysqlMethod = 'execute' | 'query';

/** MySQL or MariaDB as the store uses it. */
export class MysqlSqlClient implements SqlClient {
  readonly #client: MysqlPromiseClient;
  readonly #method: MysqlMethod;
  readonly #end: (() => Promise<void>) | null;

  constructor(client: MysqlClient, method: MysqlMethod, end: (() => Promise<void>) | null = null) {
    this.#client = 'promise' in client ? client.promise() : client;
    this.#method = method;
    this.#end = end;
  }

  async read(statement: SqlStatement): Promise<readonly SqlRow[]> {
    return (await this.#send(statement)) as readonly SqlRow[];
  }

  async write(statement: SqlStatement): Promise<number> {
    return ((await this.#send(statement)) as { affectedRows: number }).affectedRows;
  }

  /** Runs a statement that is never prepared: it cannot be, or has another text each time. Answers as `write` does. */
  async runOnce(text: string): Promise<number> {
    const [answer] = (await this.#client.query(text)) as [{ affectedRows: number }];
    return answer.affectedRows;
  }

  /**
   * Holds a lock of the server while it works, and answers `null` where another has it for longer than the seconds given.
   * The lock belongs to a connection: one is taken from the pool for it.
   */
  async locked<T>(
    lock: string,
    waitSeconds: number,
    work: (client: MysqlSqlClient) => Promise<T>,
  ): Promise<T | null> {
    if (!isPool(this.#client)) return this.#underLock(lock, waitSeconds, work);
    const connection = await this.#client.getConnection();
    try {
      const done = await new MysqlSqlClient(connection, this.#method).#underLock(lock, waitSeconds, work);
      connection.release();
      return done;
    } catch (error) {
      // Whatever it still holds goes with it.
      connection.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#end?.();
  }

  async #underLock<T>(
    lock: string,
    waitSeconds: number,
    work: (client: MysqlSqlClient) => Promise<T>,
  ): Promise<T | null> {
    const [row] = await this.read({ text: `SELECT GET_LOCK(?, ${waitSeconds}) AS got`, values: [lock] });
    if (Number(row?.['got'] ?? 0) !== 1) return null;
    try {
      return await work(this);
    } finally {
      await this.read({ text: 'SELECT RELEASE_LOCK(?) AS released', values: [lock] });
    }
  }

  async #send({ text, values }: SqlStatement): Promise<unknown> {
    const [answer] = (await this.#client[this.#method](text, [...values])) as [unknown];
    return answer;
  }
}

const isPool = (client: object): client is Pool => 'getConnection' in client;
