import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SqlStatement, SqlValue } from '../sql/sql-client.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import {
  columnsOf,
  jsonObject,
  patchColumnsOf,
  principalColumn,
  type PatchColumns,
} from '../sql/sql-record.js';
import { quoteTable, type TableName } from '../sql/table-name.js';
import { largePatch } from './large-patch.js';
import type { MysqlProcedure, MysqlSqlClient } from './mysql-client.js';
import { lockName, migrateMysql } from './mysql-schema.js';
import { sweepMysql } from './mysql-sweep.js';
import { bytesOf, TEXT } from './mysql-values.js';

/** As bytes, so that no driver makes anything else of JSON. */
const COLUMNS = `created_at, touched_at, expires_at, revision, ${bytesOf('principal')}, ${bytesOf('attributes')}`;

/** A number comes as a double, and would be compared as one, without an index. */
const WHOLE = 'CAST(? AS SIGNED)';

/** An object, or it is not ours. */
const READABLE = `JSON_TYPE(attributes) = 'OBJECT'`;

/** Compared byte by byte: no collation, no spaces that do not count. `<=>` takes NULL, an absent attribute, for a value. */
const UNCHANGED = `CAST(JSON_UNQUOTE(JSON_EXTRACT(attributes, ${TEXT})) AS BINARY) <=> CAST(? AS BINARY)`;

/** A principal, by the collation of its column. */
const PRINCIPAL = `${TEXT} COLLATE utf8mb4_bin`;

/**
 * Fails with ER_DATA_OUT_OF_RANGE in any `sql_mode` where the attributes, written before it in the same statement, have
 * become larger than what the server hands out as a text: such a session could be written, and not be read.
 */
const IF_READABLE = ' + (OCTET_LENGTH(attributes) > @@max_allowed_packet) * 18446744073709551615';

/** From then on comparing one by one takes too long: a server parses the attributes anew for each. */
const MOST_COMPARED = 64;

/** How MySQL and MariaDB say what a store wants. */
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

  /** A plain INSERT: IGNORE would swallow more than a key in use, and what an upsert counts depends on the connection. */
  create(key: SessionKey, record: SessionRecord): SqlStatement {
    const text =
      `INSERT INTO ${this.#table} ` +
      '(session_key, created_at, touched_at, expires_at, revision, principal, attributes) ' +
      `VALUES (?, ?, ?, ?, ?, ${TEXT}, ${TEXT})`;
    return { text, values: [key, ...valuesOf(record)] };
  }

  patch(key: SessionKey, patch: SessionPatch): SqlStatement | MysqlProcedure {
    if (patch.changes.size > MOST_COMPARED) return largePatch(this.#table, COLUMNS, key, patch);
    const columns = patchColumnsOf(patch);
    const { touchedAt, expiresAt, principal, step, writesAttributes } = columns;
    const compared = comparedIn(columns);
    const removed = removedIn(columns);
    const text =
      `UPDATE ${this.#table} SET touched_at = ?, expires_at = ?, principal = ${TEXT}, ` +
      `revision = revision + ${step}, ` +
      (writesAttributes ? `attributes = ${writing(removed.length)}, ` : '') +
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

  /** Sorted by ids alone: MySQL runs out of memory for sorting where rows bring large texts along. */
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

  /** While another node is at it, there is nothing to do. */
  async sweep(client: MysqlSqlClient, before: number, limit: number): Promise<number> {
    return (
      (await client.locked(lockName('sweep', this.#name), 0, (connection) =>
        sweepMysql(connection, this.#table, before, limit),
      )) ?? 0
    );
  }

  migrate(client: MysqlSqlClient): Promise<void> {
    return migrateMysql(client, this.#name);
  }

  /** ER_DUP_ENTRY */
  isCollision(error: unknown): boolean {
    return numberOf(error) === 1062;
  }

  /** ER_LOCK_DEADLOCK, and what MariaDB says instead where it isolates snapshots, ER_CHECKREAD */
  isTransient(error: unknown): boolean {
    return [1213, 1020].includes(numberOf(error));
  }
}

/**
 * Path and expected text of each change. Filled up to a power of two with the last one, so that a server has few statements
 * to prepare and to keep.
 */
function comparedIn({ changes }: PatchColumns): (readonly [path: string, from: SqlValue])[] {
  const compared = changes.map(([name, { from }]) => [`$."${name}"`, from] as const);
  if (compared.length === 0) return [];
  const filled = 2 ** Math.ceil(Math.log2(compared.length));
  return [...compared, ...Array.from({ length: filled - compared.length }, () => compared.at(-1)!)];
}

/** Where a merge patch removes the first member of a document, MariaDB (10.11) leaves out other parts of it: it is never asked to. */
const writing = (removed: number): string => {
  const set = `JSON_MERGE_PATCH(attributes, ${TEXT})`;
  return removed === 0 ? set : `JSON_REMOVE(${set}${`, ${TEXT}`.repeat(removed)})`;
};

/** What a merge patch sets: no `null` among it. */
function setIn({ changes }: PatchColumns): string {
  return jsonObject(
    changes.filter(([, { from, to }]) => to !== null && from !== to).map(([name, { to }]) => [name, to]),
  );
}

/** Paths of what is removed, filled up as in {@link comparedIn}: what is gone can be removed once more. */
function removedIn({ changes }: PatchColumns): string[] {
  const paths = changes
    .filter(([, { from, to }]) => from !== null && to === null)
    .map(([name]) => `$."${name}"`);
  if (paths.length === 0) return paths;
  const filled = 2 ** Math.ceil(Math.log2(paths.length));
  return [...paths, ...Array.from({ length: filled - paths.length }, () => paths.at(-1)!)];
}

function valuesOf(record: SessionRecord): SqlValue[] {
  const { createdAt, touchedAt, expiresAt, revision, principal, attributes } = columnsOf(record);
  return [createdAt, touchedAt, expiresAt, revision, principal, attributes];
}

const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno);
