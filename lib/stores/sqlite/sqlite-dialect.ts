import type { SessionKey } from '../../core/session-key.js';
import type { SessionPatch, SessionRecord } from '../../core/session-record.js';
import type { SqlStatement, SqlValue } from '../sql/sql-client.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import {
  columnsOf,
  jsonObject,
  mergePatchOf,
  patchColumnsOf,
  principalColumn,
  RECORD_COLUMNS,
} from '../sql/sql-record.js';
import { quoteTable, type TableName } from '../sql/table-name.js';
import type { SqliteSqlClient } from './sqlite-client.js';
import { migrateSqlite } from './sqlite-schema.js';

const COLUMNS = `${RECORD_COLUMNS}, attributes`;

/**
 * An object, or it is not ours; and where there are changes, each attribute is what the patch was based on. A CASE, because
 * no other order is certain, and what is not JSON would make the other functions fail.
 */
const readable = (and = ''): string =>
  `CASE WHEN json_valid(attributes) THEN json_type(attributes) = 'object'${and} ELSE 0 END`;

/** `IS NOT` takes NULL, an absent attribute, for a value. A safe name needs nothing but quotes in a path. */
const UNCHANGED =
  ' AND NOT EXISTS (SELECT 1 FROM json_each(?) AS base ' +
  `WHERE json_extract(attributes, '$."' || base.key || '"') IS NOT base.value)`;

/** How SQLite says what a store wants. */
export class SqliteDialect implements SqlDialect<SqliteSqlClient> {
  readonly #name: TableName;
  readonly #table: string;

  constructor(name: TableName) {
    this.#name = name;
    this.#table = quoteTable(name, '"');
  }

  load(key: SessionKey): SqlStatement {
    return { text: `SELECT ${COLUMNS} FROM ${this.#table} WHERE session_key = ?`, values: [key] };
  }

  create(key: SessionKey, record: SessionRecord): SqlStatement {
    const text =
      `INSERT INTO ${this.#table} (session_key, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ` +
      'ON CONFLICT (session_key) DO NOTHING';
    return { text, values: [key, ...valuesOf(record)] };
  }

  patch(key: SessionKey, patch: SessionPatch): SqlStatement {
    const columns = patchColumnsOf(patch);
    const { touchedAt, expiresAt, principal, step, changes, writesAttributes } = columns;
    const compares = changes.length > 0;
    const text =
      `UPDATE ${this.#table} SET touched_at = ?, expires_at = ?, principal = ?, revision = revision + ?` +
      (writesAttributes ? ', attributes = json_patch(attributes, ?)' : '') +
      ` WHERE session_key = ? AND principal IS ? AND ${readable(compares ? UNCHANGED : '')}`;
    const values = [
      ...[touchedAt, expiresAt, principal.to, step],
      ...(writesAttributes ? [mergePatchOf(columns)] : []),
      ...[key, principal.from],
      ...(compares ? [jsonObject(changes.map(([name, { from }]) => [name, from]))] : []),
    ];
    return { text, values };
  }

  rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null): SqlStatement {
    const text =
      `UPDATE ${this.#table} SET session_key = ?, created_at = ?, touched_at = ?, expires_at = ?, ` +
      `revision = ?, principal = ?, attributes = ? ` +
      `WHERE session_key = ? AND revision = COALESCE(?, revision) AND ${readable()}`;
    return { text, values: [to, ...valuesOf(record), from, revision] };
  }

  delete(key: SessionKey): SqlStatement {
    return { text: `DELETE FROM ${this.#table} WHERE session_key = ?`, values: [key] };
  }

  listByPrincipal(principal: string, at: number, limit: number): SqlStatement {
    const text =
      `SELECT session_key, ${COLUMNS} FROM ${this.#table} WHERE principal = ? AND expires_at > ? ` +
      'ORDER BY created_at DESC LIMIT ?';
    return { text, values: [principalColumn(principal), at, limit] };
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): SqlStatement {
    const text = `DELETE FROM ${this.#table} WHERE principal = ? AND session_key IS NOT ?`;
    return { text, values: [principalColumn(principal), keep] };
  }

  /** One writer at a time is what SQLite does anyway. */
  sweep(client: SqliteSqlClient, before: number, limit: number): Promise<number> {
    const text =
      `DELETE FROM ${this.#table} WHERE rowid IN ` +
      `(SELECT rowid FROM ${this.#table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`;
    return client.write({ text, values: [before, limit] });
  }

  migrate(client: SqliteSqlClient): Promise<void> {
    return migrateSqlite(client, this.#name);
  }

  /** Its drivers have codes of their own each; the words are those of SQLite. */
  isCollision(error: unknown): boolean {
    return String((error as Partial<Error> | null)?.message).includes('UNIQUE constraint failed');
  }

  isTransient(): boolean {
    return false;
  }
}

function valuesOf(record: SessionRecord): SqlValue[] {
  const { createdAt, touchedAt, expiresAt, revision, principal, attributes } = columnsOf(record);
  return [createdAt, touchedAt, expiresAt, revision, principal, attributes];
}
