import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch } from '../../core/store/session-record.js';
import type { SqlStatement, SqlValue } from '../sql/sql-client.js';
import { jsonObject, patchColumnsOf, type PatchColumns } from '../sql/sql-record.js';
import type { MysqlProcedure } from './mysql-client.js';
import { largePatch } from './mysql-procedures.js';
import { PRINCIPAL, READABLE, TEXT } from './mysql-values.js';

/** Compares bytes, without collation and padding. `<=>` also compares NULL, an absent attribute. */
const UNCHANGED = `CAST(JSON_UNQUOTE(JSON_EXTRACT(attributes, ${TEXT})) AS BINARY) <=> CAST(? AS BINARY)`;

/**
 * Fails with ER_DATA_OUT_OF_RANGE, in any `sql_mode`, when the attributes that the same statement has just
 * set are larger than a text that the server returns: such a session could be written, but not read.
 */
const IF_READABLE = ' + (OCTET_LENGTH(attributes) > @@max_allowed_packet) * 18446744073709551615';

/** A statement with more is slow, because the server parses all attributes for each comparison. */
const MAX_COMPARED = 64;

/**
 * A patch in one statement, or for a large one a procedure. `columns` are those that a record is read from.
 */
export function patchMysql(
  table: string,
  columns: string,
  key: SessionKey,
  patch: SessionPatch,
): SqlStatement | MysqlProcedure {
  if (patch.changes.size > MAX_COMPARED) return largePatch(table, columns, key, patch);
  const written = patchColumnsOf(patch);
  const { touchedAt, expiresAt, principal, step, writesAttributes } = written;
  const compared = comparedIn(written);
  const removed = removedIn(written);
  const text =
    `UPDATE ${table} SET touched_at = ?, expires_at = ?, principal = ${TEXT}, ` +
    `revision = revision + ${step}, ` +
    (writesAttributes ? `attributes = ${writtenAttributes(removed.length)}, ` : '') +
    `writes = writes + 1${writesAttributes ? IF_READABLE : ''}` +
    ` WHERE session_key = ? AND principal <=> ${PRINCIPAL} AND ${READABLE}` +
    ` AND ${UNCHANGED}`.repeat(compared.length);
  const values = [
    ...[touchedAt, expiresAt, principal.to],
    ...(writesAttributes ? [setIn(written), ...removed] : []),
    ...[key, principal.from],
    ...compared.flat(),
  ];
  return { text, values };
}

/**
 * Path and expected text of each change. The last change is repeated up to a power of two, so that the server
 * has few different statements to prepare.
 */
function comparedIn({ changes }: PatchColumns): (readonly [path: string, from: SqlValue])[] {
  const compared = changes.map(([name, { from }]) => [`$."${name}"`, from] as const);
  return padded(compared);
}

/** Removes by path: MariaDB 10.11 loses data when a merge patch removes the first member. */
const writtenAttributes = (removed: number): string => {
  const set = `JSON_MERGE_PATCH(attributes, ${TEXT})`;
  return removed === 0 ? set : `JSON_REMOVE(${set}${`, ${TEXT}`.repeat(removed)})`;
};

/** The merge patch of the attributes that are set. It contains no `null`. */
function setIn({ changes }: PatchColumns): string {
  return jsonObject(
    changes.filter(([, { from, to }]) => to !== null && from !== to).map(([name, { to }]) => [name, to]),
  );
}

/** Paths of the attributes that are removed. Removing the repeated last one again has no effect. */
function removedIn({ changes }: PatchColumns): string[] {
  const paths = changes
    .filter(([, { from, to }]) => from !== null && to === null)
    .map(([name]) => `$."${name}"`);
  return padded(paths);
}

function padded<T>(values: readonly T[]): T[] {
  const length = values.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(values.length));
  return Array.from({ length }, (_, n) => values[n] ?? values.at(-1)!);
}
