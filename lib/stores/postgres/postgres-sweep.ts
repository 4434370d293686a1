import type { SqlStatement } from '../sql/sql-client.js';
import { quoteTable, type TableName } from '../sql/table-name.js';
import { lockNumber } from './postgres-locks.js';

/**
 * Deletes rows that had expired at an instant, and returns `columns` of them. Skips locked rows. The advisory
 * lock, which admits one node, is released with the statement.
 */
export function sweepStatement(
  name: TableName,
  columns: string,
  before: number,
  limit: number,
): SqlStatement {
  const table = quoteTable(name, '"');
  const text =
    `WITH expired AS MATERIALIZED (SELECT session_key FROM ${table} WHERE expires_at <= $1::bigint ` +
    `AND (SELECT pg_try_advisory_xact_lock(${lockNumber('sweep', name)})) ` +
    'ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED) ' +
    `DELETE FROM ${table} AS target USING expired WHERE target.session_key = expired.session_key ` +
    `RETURNING ${columns}`;
  return { text, values: [before, limit] };
}
