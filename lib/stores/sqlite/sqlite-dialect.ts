import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SqlStatement } from '../sql/sql-client.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import {
  jsonObject,
  mergePatchOf,
  patchColumnsOf,
  principalColumn,
  RECORD_COLUMNS,
  valuesOf,
} from '../sql/sql-record.js';
import { quoteTable, type TableName } from '../sql/table-name.js';
import type { SqliteSqlClient } from './sqlite-client.js';
import { migrateSqlite } from './sqlite-schema.js';

const COLUMNS = `${RECORD_COLUMNS}, attributes`;

/**
 * Whether a store wrote the attributes, that is, they are a JSON object; with an additional condition for a
 * patch. A CASE guarantees the order: the other functions fail for texts that are not JSON.
 */
const readable = (and = ''): string =>
  `CASE WHEN json_valid(attributes) THEN json_type(attributes) = 'object'${and} ELSE 0 END`;

/** `IS NOT` takes NULL, an absent attribute, for a value. A safe name needs nothing but quotes in a path. */
const UNCHANGED =
  ' AND NOT EXISTS (SELECT 1 FROM json_each(?) AS base ' +
  `WHERE json_extract(attributes, '$."' || base.key || '"') IS NOT base.value)`;

/** The SQL of SQLite. Statements are built once, because prepared statements are looked up by text. */
export class SqliteDialect implements SqlDialect<SqliteSqlClient> {
  readonly #name: TableName;
  readonly #table: string;
  readonly #load: string;
  readonly #create: string;
  /** Statements for patches that only touch, that also compare attributes, and that also write attributes. */
  readonly #patches: readonly [string, string, string];

  constructor(name: TableName) {
    this.#name = name;
    const table = quoteTable(name, '"');
    this.#table = table;
    this.#load = `SELECT ${COLUMNS} FROM ${table} WHERE session_key = ?`;
    this.#create =
      `INSERT INTO ${table} (session_key, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ` +
      'ON CONFLICT (session_key) DO NOTHING';
    const patch = (write: string, compare: string): string =>
      `UPDATE ${table} SET touched_at = ?, expires_at = ?, principal = ?, revision = revision + ?${write} ` +
      `WHERE session_key = ? AND principal IS ? AND ${readable(compare)}`;
    this.#patches = [
      patch('', ''),
      patch('', UNCHANGED),
      patch(', attributes = json_patch(attributes, ?)', UNCHANGED),
    ];
  }

  load(key: SessionKey): SqlStatement {
    return { text: this.#load, values: [key] };
  }

  create(key: SessionKey, record: SessionRecord): SqlStatement {
    return { text: this.#create, values: [key, ...valuesOf(record)] };
  }

  patch(key: SessionKey, patch: SessionPatch): SqlStatement {
    const columns = patchColumnsOf(patch);
    const { touchedAt, expiresAt, principal, step, changes, writesAttributes } = columns;
    const after = [touchedAt, expiresAt, principal.to, step];
    const before = [key, principal.from];
    if (changes.length === 0) return { text: this.#patches[0], values: [...after, ...before] };
    before.push(jsonObject(changes.map(([name, { from }]) => [name, from])));
    if (!writesAttributes) return { text: this.#patches[1], values: [...after, ...before] };
    return { text: this.#patches[2], values: [...after, mergePatchOf(columns), ...before] };
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

  /** Needs no lock: SQLite allows one writer at a time. */
  sweep(client: SqliteSqlClient, before: number, limit: number): Promise<number> {
    const text =
      `DELETE FROM ${this.#table} WHERE rowid IN ` +
      `(SELECT rowid FROM ${this.#table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`;
    return client.write({ text, values: [before, limit] });
  }

  migrate(client: SqliteSqlClient): Promise<void> {
    return migrateSqlite(client, this.#name);
  }

  /** Compares the message of SQLite, because each driver has its own codes. */
  isCollision(error: unknown): boolean {
    return String((error as Partial<Error> | null)?.message).includes('UNIQUE constraint failed');
  }

  isTransient(): boolean {
    return false;
  }
}
