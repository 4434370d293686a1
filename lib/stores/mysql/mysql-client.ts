import { StoreError } from '../../core/util/store-error.js';
import type { SqlClient, SqlRow, SqlStatement } from '../sql/sql-client.js';
import type { MysqlConnections, MysqlLink, MysqlMethod } from './mysql-connections.js';
import { boundValues, inlined, readRow } from './mysql-values.js';

/** An operation of several statements. */
export interface MysqlProcedure extends SqlStatement {
  /** Resolves with the number of rows that it writes. */
  run(client: MysqlSqlClient): Promise<number>;
}

/** The result of `mysql2` for a statement that writes. */
interface WriteResult {
  readonly affectedRows: number;
  /** Status flags of the connection after the statement. */
  readonly serverStatus?: number;
}

const [IN_TRANSACTION, AUTOCOMMIT] = [1, 2];

/** ER_DATA_OUT_OF_RANGE: no other number of a row can exceed its range. */
const OUT_OF_RANGE = 1690;
/** ER_NET_PACKET_TOO_LARGE: the server then closes the connection. */
const PACKET_TOO_LARGE = 1153;

/** MySQL or MariaDB as an {@link SqlClient}. */
export class MysqlSqlClient implements SqlClient {
  readonly #connections: MysqlConnections;
  readonly #method: MysqlMethod;

  constructor(connections: MysqlConnections, method: MysqlMethod) {
    this.#connections = connections;
    this.#method = method;
  }

  async read(statement: SqlStatement, waitMs?: number): Promise<readonly SqlRow[]> {
    const rows = await this.#connections.use(isReply, (link) => this.#send(link, statement, waitMs));
    return (rows as readonly SqlRow[]).map(readRow);
  }

  async write(statement: SqlStatement | MysqlProcedure): Promise<number> {
    if ('run' in statement) return statement.run(this);
    const result = this.#connections.use(isReply, async (link) =>
      affectedRows(await this.#send(link, statement)),
    );
    return result.catch(rejectWrite);
  }

  /** As `write`, for a statement that cannot be prepared, or has another text each time. */
  async runOnce(text: string): Promise<number> {
    return this.#connections.use(isReply, async (link) => {
      const [result] = (await link.send('query', text, [])) as [WriteResult];
      return affectedRows(result);
    });
  }

  /**
   * Runs work while it holds a lock of the server. Resolves with `null` when the lock is not free within the
   * given seconds. The lock belongs to a connection, so all of the work runs on one connection.
   */
  async locked<T>(
    lock: string,
    waitSeconds: number,
    work: (client: MysqlSqlClient) => Promise<T>,
  ): Promise<T | null> {
    // When the work fails, the connection is closed, which releases the lock.
    const isReusable = (): boolean => false;
    return this.#connections.use(isReusable, (link) => {
      const one: MysqlConnections = { use: (_, run) => run(link), close: async () => undefined };
      return new MysqlSqlClient(one, this.#method).#underLock(lock, waitSeconds, work);
    });
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #underLock<T>(
    lock: string,
    waitSeconds: number,
    work: (client: MysqlSqlClient) => Promise<T>,
  ): Promise<T | null> {
    const text = `SELECT GET_LOCK('${lock}', ${waitSeconds}) AS got`;
    const [row] = await this.read({ text, values: [] }, waitSeconds * 1000);
    if (Number(row?.['got'] ?? 0) !== 1) return null;
    try {
      return await work(this);
    } finally {
      await this.read({ text: `SELECT RELEASE_LOCK('${lock}') AS released`, values: [] });
    }
  }

  async #send(link: MysqlLink, statement: SqlStatement, waitMs?: number): Promise<unknown> {
    const [text, values] =
      this.#method === 'execute' ? [statement.text, boundValues(statement)] : [inlined(statement), []];
    const [result] = (await link.send(this.#method, text, values, waitMs)) as [unknown];
    return result;
  }
}

/**
 * @throws StoreError when the connection is inside a transaction, or does not autocommit: a rollback may undo
 * the write. The connection is then removed from its pool.
 */
function affectedRows(result: unknown): number {
  const { affectedRows: rows, serverStatus = AUTOCOMMIT } = result as WriteResult;
  if ((serverStatus & IN_TRANSACTION) === 0 && (serverStatus & AUTOCOMMIT) !== 0) return rows;
  throw new StoreError(
    'The MysqlSessionStore needs a connection that commits each statement: ' +
      'its connection is inside a transaction or has autocommit switched off.',
  );
}

/** Explains the errors of a session that is too large. */
function rejectWrite(error: unknown): never {
  const { errno } = error as { errno?: unknown };
  if (errno === PACKET_TOO_LARGE)
    throw new StoreError('The session is too large to write: see max_allowed_packet of the server.');
  if (errno !== OUT_OF_RANGE) throw error;
  throw new StoreError('The session would be too large to read: see max_allowed_packet of the server.');
}

/**
 * Whether an error is the server's reply to a statement, after which the connection is reusable. SQL states
 * of class 08 are connection exceptions.
 */
function isReply(error: unknown): boolean {
  const { errno, fatal, sqlState } = (error ?? {}) as Record<string, unknown>;
  if (typeof errno !== 'number' || errno <= 0 || fatal === true || errno === PACKET_TOO_LARGE) return false;
  return typeof sqlState !== 'string' || !sqlState.startsWith('08');
}
