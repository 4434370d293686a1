import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SqlStatement, SqlValue } from '../sql/sql-client.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import {
  jsonObject,
  patchColumnsOf,
  principalColumn,
  type PatchColumns,
  valuesOf,
} from '../sql/sql-record.js';
import { quoteTable, type TableName } from '../sql/table-name.js';
import type { MysqlProcedure, MysqlSqlClient } from './mysql-client.js';
import { largePatch, sweepMysql } from './mysql-procedures.js';
import { lockName, migrateMysql } from './mysql-schema.js';
import { bytesOf, TEXT } from './mysql-values.js';

/** Text columns are read as bytes, so that no driver parses JSON. */
const COLUMNS = `created_at, touched_at, expires_at, revision, ${bytesOf('principal')}, ${bytesOf('attributes')}`;

/** A driver sends a number as a double, and the server would compare doubles without the index. */
const WHOLE = 'CAST(? AS SIGNED)';

/** Other values than an object were not written by a store. */
const READABLE = `JSON_TYPE(attributes) = 'OBJECT'`;

/** Compares bytes, without collation and padding. `<=>` also compares NULL, an absent attribute. */
const UNCHANGED = `CAST(JSON_UNQUOTE(JSON_EXTRACT(attributes, ${TEXT})) AS BINARY) <=> CAST(? AS BINARY)`;

/** A principal, with the collation of its column. */
const PRINCIPAL = `${TEXT} COLLATE utf8mb4_bin`;

/**
 * Fails with ER_DATA_OUT_OF_RANGE, in any `sql_mode`, when the attributes that the same statement has just
 * set are larger than a text that the server returns: such a session could be written, but not read.
 */
const IF_READABLE = ' + (OCTET_LENGTH(attributes) > @@max_allowed_packet) * 18446744073709551615';

/** A statement with more is slow, because the server parses all attributes for each comparison. */
const MAX_COMPARED = 64;

/** The SQL of MySQL and MariaDB. */
export class MysqlDialect implements SqlDialect<MysqlSqlClient> {
  readonly #name: TableName;
  readonly #table: string;

  constructor(name: TableName) {
    this.#name = name;
    this.#table = quoteTable(name, '`');
  }

  load(key: SessionKey): SqlStatement {
    return { text: `SELECT ${COLUMNS} FROM ${this.#table} WHERE session_key = ?`, values: [key] };
  }

  /** A plain INSERT: IGNORE hides other errors too, and the row count of an upsert varies. */
  create(key: SessionKey, record: SessionRecord): SqlStatement {
    const text =
      `INSERT INTO ${this.#table} ` +
      '(session_key, created_at, touched_at, expires_at, revision, principal, attributes) ' +
      `VALUES (?, ?, ?, ?, ?, ${TEXT}, ${TEXT})`;
    return { text, values: [key, ...valuesOf(record)] };
  }

  patch(key: SessionKey, patch: SessionPatch): SqlStatement | MysqlProcedure {
    if (patch.changes.size > MAX_COMPARED) return largePatch(this.#table, COLUMNS, key, patch);
    const columns = patchColumnsOf(patch);
    const { touchedAt, expiresAt, principal, step, writesAttributes } = columns;
    const compared = comparedIn(columns);
    const removed = removedIn(columns);
    const text =
      `UPDATE ${this.#table} SET touched_at = ?, expires_at = ?, principal = ${TEXT}, ` +
      `revision = revision + ${step}, ` +
      (writesAttributes ? `attributes = ${writtenAttributes(removed.length)}, ` : '') +
      `writes = writes + 1${writesAttributes ? IF_READABLE : ''}` +
      ` WHERE session_key = ? AND principal <=> ${PRINCIPAL} AND ${READABLE}` +
      ` AND ${UNCHANGED}`.repeat(compared.length);
    const values = [
      ...[touchedAt, expiresAt, principal.to],
      ...(writesAttributes ? [setIn(columns), ...removed] : []),
      ...[key, principal.from],
      ...compared.flat(),
    ];
    return { text, values };
  }

  rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null): SqlStatement {
    const text =
      `UPDATE ${this.#table} SET session_key = ?, created_at = ?, touched_at = ?, expires_at = ?, ` +
      `revision = ?, principal = ${TEXT}, attributes = ${TEXT}, writes = writes + 1 ` +
      `WHERE session_key = ? AND ${READABLE}${revision === null ? '' : ` AND revision = ${WHOLE}`}`;
    const values = [to, ...valuesOf(record), from, ...(revision === null ? [] : [revision])];
    return { text, values };
  }

  delete(key: SessionKey): SqlStatement {
    return { text: `DELETE FROM ${this.#table} WHERE session_key = ?`, values: [key] };
  }

  /** Sorts ids only: with large texts in the rows MySQL runs out of memory for sorting. */
  listByPrincipal(principal: string, at: number, limit: number): SqlStatement {
    const text =
      `SELECT session_key, ${COLUMNS} FROM ` +
      `(SELECT id AS chosen_id FROM ${this.#table} WHERE principal = ${PRINCIPAL} AND expires_at > ${WHOLE} ` +
      `ORDER BY created_at DESC LIMIT ${Math.trunc(limit)}) AS chosen ` +
      `JOIN ${this.#table} ON id = chosen_id`;
    return { text, values: [principalColumn(principal), at] };
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): SqlStatement {
    const text = `DELETE FROM ${this.#table} WHERE principal = ${PRINCIPAL}${keep === null ? '' : ' AND session_key <> ?'}`;
    return { text, values: [principalColumn(principal), ...(keep === null ? [] : [keep])] };
  }

  /** Does nothing while another node sweeps. */
  async sweep(client: MysqlSqlClient, before: number, limit: number): Promise<number> {
    const sweep = (connection: MysqlSqlClient): Promise<number> =>
      sweepMysql(connection, this.#table, before, limit);
    return (await client.locked(lockName('sweep', this.#name), 0, sweep)) ?? 0;
  }

  migrate(client: MysqlSqlClient): Promise<void> {
    return migrateMysql(client, this.#name);
  }

  /** ER_DUP_ENTRY */
  isCollision(error: unknown): boolean {
    return numberOf(error) === 1062;
  }

  /** ER_LOCK_DEADLOCK, and ER_CHECKREAD of MariaDB with snapshot isolation */
  isTransient(error: unknown): boolean {
    return [1213, 1020].includes(numberOf(error));
  }
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

const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno);
