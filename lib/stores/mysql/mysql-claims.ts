import type { SqlRow } from '../sql/sql-client.js';
import { retried } from '../sql/sql-runner.js';
import type { MysqlSqlClient } from './mysql-client.js';

/** The table of a claim. */
export interface ClaimedTable {
  readonly table: string;
  /** The columns of a record and its key. */
  readonly columns: string;
  /** The name of the lock that admits one node. */
  readonly lock: string;
  readonly dialect: { isTransient(error: unknown): boolean };
}

/**
 * Deletes rows that had expired at an instant, and resolves with them. MySQL does not return deleted rows. So
 * it reads them first, and deletes each only if no write has changed it since: each write increments
 * `writes`.
 *
 * Does nothing while another node sweeps. After a failure it resolves with the rows that it has deleted by
 * then, if any.
 */
export async function claimMysql(
  client: MysqlSqlClient,
  { table, columns, lock, dialect }: ClaimedTable,
  before: number,
  limit: number,
): Promise<readonly SqlRow[]> {
  const claimed: SqlRow[] = [];
  const claim = async (one: MysqlSqlClient): Promise<void> => {
    const rows = await one.read({
      text:
        `SELECT id, writes, ${columns} FROM ${table} WHERE expires_at <= CAST(? AS SIGNED) ` +
        `ORDER BY expires_at LIMIT ${Math.trunc(limit)}`,
      values: [before],
    });
    for (const row of rows) {
      // As strings: a driver may return a 64-bit integer as a string, and the comparison must be exact.
      const values = [String(row['id']), String(row['writes'])];
      const text = `DELETE FROM ${table} WHERE id = CAST(? AS UNSIGNED) AND writes = CAST(? AS UNSIGNED)`;
      if ((await retried(dialect, () => one.write({ text, values }))) === 1) claimed.push(row);
    }
  };
  try {
    await client.locked(lock, 0, claim);
  } catch (error) {
    if (claimed.length === 0) throw error;
  }
  return claimed;
}
