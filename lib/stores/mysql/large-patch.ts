import { applyPatch, type SessionPatch } from '../../core/store/session-record.js';
import type { SessionKey } from '../../core/session-id.js';
import { columnsOf, recordOf } from '../sql/sql-record.js';
import { StoreError } from '../../core/util/store-error.js';
import type { SqlRow, SqlValue } from '../sql/sql-client.js';
import type { MysqlProcedure, MysqlSqlClient } from './mysql-client.js';
import { TEXT } from './mysql-values.js';

/** Each time that it meets another write, that write has come through. */
const MOST_TRIES = 30;

/**
 * A patch of so many attributes that the server would take long to compare them: they are compared here. What was read is
 * written only where nobody has written meanwhile: each write counts in `writes`, and a row that was made anew has another id.
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
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      const [row] = await client.read(load);
      const held = row === undefined ? null : recordOf(row);
      const next = held === null ? null : applyPatch(held, patch);
      if (row === undefined || next === null) return 0;
      const { touchedAt, expiresAt, revision, principal, attributes } = columnsOf(next);
      const values = [touchedAt, expiresAt, revision, principal, attributes, key, ...versionOf(row)];
      if ((await client.write({ text: updateOf(table), values })) === 1) return 1;
    }
    throw new StoreError('Others wrote a session each time that a large patch was to be written.');
  };
  return { ...load, run };
}

const updateOf = (table: string): string =>
  `UPDATE ${table} SET touched_at = ?, expires_at = ?, revision = ?, ` +
  `principal = ${TEXT}, attributes = ${TEXT}, writes = writes + 1 ` +
  'WHERE session_key = ? AND id = CAST(? AS UNSIGNED) AND writes = CAST(? AS UNSIGNED)';

/** As texts: a whole number of 64 bits may come as one, and is compared exactly. */
function versionOf({ id, writes }: SqlRow): SqlValue[] {
  return [String(id), String(writes)];
}
