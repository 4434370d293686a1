import { StoreError } from '../../core/util/store-error.js';
import type { SqlClient, SqlRow, SqlStatement } from '../sql/sql-client.js';
import type { MysqlConnections, MysqlLink, MysqlMethod } from './mysql-connections.js';
import { boundValues, inlined, readRow } from './mysql-values.js';

/** What one statement cannot do: it reads, and writes what it has made of it. Answers how many rows it writes. */
export interface MysqlProcedure extends SqlStatement {
  run(client: MysqlSqlClient): Promise<number>;
}

/** What `mysql2` answers to a statement that writes. */
interface WriteAnswer {
  readonly affectedRows: number;
  /** What the server says of the connection after it. */
  readonly serverStatus?: number;
}

const [IN_TRANSACTION, AUTOCOMMIT] = [1, 2];

/** ER_DATA_OUT_OF_RANGE: no other number of a row can grow out of its range. */
const OUT_OF_RANGE = 1690;
/** ER_NET_PACKET_TOO_LARGE: the server closes the connection after it. */
const PACKET_TOO_LARGE = 1153;

/** MySQL or MariaDB as the store uses it. */
export class MysqlSqlClient implements SqlClient {
  readonly #connections: MysqlConnections;
  readonly #method: MysqlMethod;

  constructor(connections: MysqlConnections, method: MysqlMethod) {
    this.#connections = connections;
    this.#method = method;
  }

  async read(statement: SqlStatement, waitMs?: number): Promise<readonly SqlRow[]> {
    const rows = await this.#connections.use(isAnswer, (link) => this.#send(link, statement, waitMs));
    return (rows as readonly SqlRow[]).map(readRow);
  }

  async write(statement: SqlStatement | MysqlProcedure): Promise<number> {
    if ('run' in statement) return statement.run(this);
    const answered = this.#connections.use(isAnswer, async (link) =>
      written(await this.#send(link, statement)),
    );
    return answered.catch(rejectWrite);
  }

  /** Runs a statement that is never prepared: it cannot be, or has another text each time. Answers as `write` does. */
  async runOnce(text: string): Promise<number> {
    return this.#connections.use(isAnswer, async (link) => {
      const [answer] = (await link.send('query', text, [])) as [WriteAnswer];
      return written(answer);
    });
  }

  /**
   * Holds a lock of the server while it works, and answers `null` where another has it for longer than the seconds given.
   * The lock belongs to a connection: all of the work is done on one.
   */
  async locked<T>(
    lock: string,
    waitSeconds: number,
    work: (client: MysqlSqlClient) => Promise<T>,
  ): Promise<T | null> {
    // Whatever a connection still holds goes with it where the work fails.
    const isSound = (): boolean => false;
    return this.#connections.use(isSound, (link) => {
      const one: MysqlConnections = { use: (_, lent) => lent(link), close: async () => undefined };
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
    const [answer] = (await link.send(this.#method, text, values, waitMs)) as [unknown];
    return answer;
  }
}

/**
 * @throws StoreError where the connection is inside a transaction, or does not commit by itself: what it has written may
 * be undone, and nobody gets such a connection of a pool again.
 */
function written(answer: unknown): number {
  const { affectedRows, serverStatus = AUTOCOMMIT } = answer as WriteAnswer;
  if ((serverStatus & IN_TRANSACTION) === 0 && (serverStatus & AUTOCOMMIT) !== 0) return affectedRows;
  throw new StoreError(
    'The MysqlSessionStore needs a connection that commits each statement: ' +
      'its connection is inside a transaction or has autocommit switched off.',
  );
}

/** What a failed write is, in words that help. */
function rejectWrite(error: unknown): never {
  const { errno } = error as { errno?: unknown };
  if (errno === PACKET_TOO_LARGE)
    throw new StoreError('The session is larger than max_allowed_packet of the server allows to write.');
  if (errno !== OUT_OF_RANGE) throw error;
  throw new StoreError(
    'The session would be larger than max_allowed_packet of the server allows to read.',
  );
}

/**
 * Whether an error is what a server has answered to a statement, on a connection that is as good as before. States of class
 * 08 are connection exceptions.
 */
function isAnswer(error: unknown): boolean {
  const { errno, fatal, sqlState } = (error ?? {}) as Record<string, unknown>;
  if (typeof errno !== 'number' || errno <= 0 || fatal === true || errno === PACKET_TOO_LARGE) return false;
  return typeof sqlState !== 'string' || !sqlState.startsWith('08');
}
