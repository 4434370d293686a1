import type { MysqlSqlClient } from './mysql-client.js';

/** MariaDB takes a list of 1000 and more for a table of its own, and reads it in another way. */
const AT_ONCE = 500;

/**
 * Removes rows that were over at an instant, so that no request waits for it, nor it for a request.
 *
 * Looks without a lock first: a DELETE by the time alone locks the entries of rows that it skips, the first row that is not
 * over, and the gap before it. Then locks, by their ids, the rows that are still over and that nobody is at.
 */
export async function sweepMysql(
  client: MysqlSqlClient,
  table: string,
  before: number,
  limit: number,
): Promise<number> {
  const rows = await client.read({
    text:
      `SELECT id FROM ${table} WHERE expires_at <= CAST(? AS SIGNED) ` +
      `ORDER BY expires_at LIMIT ${Math.trunc(limit)}`,
    values: [before],
  });
  const ids = rows.map((row) => BigInt(row['id'] as string | number | bigint));
  let count = 0;
  while (ids.length > 0) count += await removeSome(client, table, before, ids.splice(0, AT_ONCE));
  return count;
}

/** ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: the server logs statements only, and no statement of READ COMMITTED. */
const LOGS_STATEMENTS_ONLY = 1665;

async function removeSome(
  client: MysqlSqlClient,
  table: string,
  before: number,
  ids: readonly bigint[],
): Promise<number> {
  const over = `id IN (${ids.join(', ')}) AND expires_at <= ${Math.trunc(before)}`;
  try {
    return await removeUnlocked(client, table, over, ids.length);
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== LOGS_STATEMENTS_ONLY) throw error;
    return removeReplicated(client, table, over);
  }
}

/** Only a SELECT can skip rows, and only where it is read first and by the ids, whatever the server takes for faster. */
async function removeUnlocked(
  client: MysqlSqlClient,
  table: string,
  over: string,
  limit: number,
): Promise<number> {
  // For the one statement that follows: else an id that is gone would lock the gap where it was.
  await client.runOnce('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return client.runOnce(
    `DELETE held FROM (SELECT id FROM ${table} FORCE INDEX (PRIMARY) WHERE ${over} ` +
      // The limit keeps MySQL from merging the SELECT into the DELETE, which may not read its own table.
      `LIMIT ${limit} FOR UPDATE SKIP LOCKED) ` +
      `AS over_now STRAIGHT_JOIN ${table} AS held ON held.id = over_now.id`,
  );
}

/** Waits for rows that requests are at: a replica that runs the statement again would not skip the same rows. */
async function removeReplicated(client: MysqlSqlClient, table: string, over: string): Promise<number> {
  // The statement that failed may not have used up its level.
  await client.runOnce('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  return client.runOnce(`DELETE FROM ${table} WHERE ${over}`);
}
