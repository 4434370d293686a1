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

/** Only a SELECT can skip rows, and only where it is read first and by the ids, whatever the server takes for faster. */
async function removeSome(
  client: MysqlSqlClient,
  table: string,
  before: number,
  ids: readonly bigint[],
): Promise<number> {
  // For the one statement that follows: else an id that is gone would lock the gap where it was.
  await client.runOnce('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return client.runOnce(
    `DELETE held FROM (SELECT id FROM ${table} FORCE INDEX (PRIMARY) ` +
      `WHERE id IN (${ids.join(', ')}) AND expires_at <= ${Math.trunc(before)} ` +
      // The limit keeps MySQL from merging the SELECT into the DELETE, which may not read its own table.
      `LIMIT ${ids.length} FOR UPDATE SKIP LOCKED) ` +
      `AS over_now STRAIGHT_JOIN ${table} AS held ON held.id = over_now.id`,
  );
}
