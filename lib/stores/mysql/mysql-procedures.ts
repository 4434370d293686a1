import { applyPatch, type SessionPatch } from '../../core/store/session-record.js';
import type { SessionKey } from '../../core/session-id.js';
import { columnsOf, recordOf } from '../sql/sql-record.js';
import { StoreError } from '../../core/util/store-error.js';
import type { SqlRow, SqlValue } from '../sql/sql-client.js';
import type { MysqlProcedure, MysqlSqlClient } from './mysql-client.js';
import { TEXT } from './mysql-values.js';

/** Attempts for one patch. Each conflict means that another write has succeeded. */
const MAX_ATTEMPTS = 30;

/**
 * A patch with more attributes than the server compares quickly: it is compared here. The result
 * is written only if the row is unchanged since it was read: each write increments `writes`, and a row that
 * was created again has another id.
 */
export function largePatch(
  table: string,
  columns: string,
  key: SessionKey,
  patch: SessionPatch,
): MysqlProcedure {
  const text = `SELECT id, writes, ${columns} FROM ${table} WHERE session_key = ?`;
  const load = { text, values: [key] };
  const run = async (client: MysqlSqlClient): Promise<number> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const [row] = await client.read(load);
      const record = row === undefined ? null : recordOf(row);
      const next = record === null ? null : applyPatch(record, patch);
      if (row === undefined || next === null) return 0;
      const { touchedAt, expiresAt, revision, principal, attributes } = columnsOf(next);
      const values = [touchedAt, expiresAt, revision, principal, attributes, key, ...versionOf(row)];
      if ((await client.write({ text: updateOf(table), values })) === 1) return 1;
    }
    throw new StoreError(
      `A large patch was not written: its session was changed concurrently at each of ${MAX_ATTEMPTS} attempts.`,
    );
  };
  return { ...load, run };
}

const updateOf = (table: string): string =>
  `UPDATE ${table} SET touched_at = ?, expires_at = ?, revision = ?, ` +
  `principal = ${TEXT}, attributes = ${TEXT}, writes = writes + 1 ` +
  'WHERE session_key = ? AND id = CAST(? AS UNSIGNED) AND writes = CAST(? AS UNSIGNED)';

/** As strings, since a driver may return a 64-bit integer as a string, and the comparison must be exact. */
function versionOf({ id, writes }: SqlRow): SqlValue[] {
  return [String(id), String(writes)];
}

/** Rows per statement. MariaDB converts a list of 1000 or more to a temporary table. */
const BATCH = 500;

/**
 * Deletes rows that had expired at an instant. Requests do not wait for it, and it does not wait for
 * requests.
 *
 * It first reads without locks: a DELETE by `expires_at` alone locks the index entries of rows that it skips,
 * the first row that has not expired, and the gap before it. Then it locks, by id, the rows that are still
 * expired and not locked.
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
  while (ids.length > 0) count += await deleteBatch(client, table, before, ids.splice(0, BATCH));
  return count;
}

/** ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: a server that logs statements cannot log READ COMMITTED. */
const LOGS_STATEMENTS_ONLY = 1665;

async function deleteBatch(
  client: MysqlSqlClient,
  table: string,
  before: number,
  ids: readonly bigint[],
): Promise<number> {
  const expired = `id IN (${ids.join(', ')}) AND expires_at <= ${Math.trunc(before)}`;
  try {
    return await deleteUnlocked(client, table, expired, ids.length);
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== LOGS_STATEMENTS_ONLY) throw error;
    return deleteReplicated(client, table, expired);
  }
}

/** Only a SELECT can skip locked rows. The hints make the server read it first, and by id. */
async function deleteUnlocked(
  client: MysqlSqlClient,
  table: string,
  expired: string,
  limit: number,
): Promise<number> {
  // Only for the next statement. In REPEATABLE READ an id that no longer exists would lock its gap.
  await client.runOnce('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return client.runOnce(
    `DELETE target FROM (SELECT id FROM ${table} FORCE INDEX (PRIMARY) WHERE ${expired} ` +
      // The limit prevents MySQL from merging the SELECT into the DELETE, which may not read its own table.
      `LIMIT ${limit} FOR UPDATE SKIP LOCKED) ` +
      `AS expired_now STRAIGHT_JOIN ${table} AS target ON target.id = expired_now.id`,
  );
}

/** Waits for locked rows: a replica that runs the same statement would skip other rows. */
async function deleteReplicated(client: MysqlSqlClient, table: string, expired: string): Promise<number> {
  // The isolation level that was set for the failed statement may still apply.
  await client.runOnce('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  return client.runOnce(`DELETE FROM ${table} WHERE ${expired}`);
}
