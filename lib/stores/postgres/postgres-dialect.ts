import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import { codeIn } from '../../core/util/store-error.js';
import type { SqlStatement } from '../sql/sql-client.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import { jsonObject, patchColumnsOf, principalColumn, RECORD_COLUMNS, valuesOf } from '../sql/sql-record.js';
import { quoteTable, type TableName } from '../sql/table-name.js';
import type { PostgresSqlClient } from './postgres-client.js';
import { isPlanOutdated } from './postgres-query.js';
import { lockNumber, migratePostgres } from './postgres-schema.js';

const COLUMNS = `${RECORD_COLUMNS}, attributes::text AS attributes`;

/** A statement that writes returns its rows, because every kind of client passes rows on. */
const DONE = 'RETURNING 1 AS done';

/** Other values than an object were not written by a store. */
const READABLE = `jsonb_typeof(attributes) = 'object'`;

/**
 * The SQL of PostgreSQL. All values are strings and numbers, because drivers convert arrays and JSON in
 * different ways.
 *
 * The statements of each request are built once: the name of a prepared statement is looked up by its text.
 */
export class PostgresDialect implements SqlDialect<PostgresSqlClient> {
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
    this.#load = `SELECT ${COLUMNS} FROM ${table} WHERE session_key = $1::text`;
    this.#create =
      `INSERT INTO ${table} ` +
      '(session_key, created_at, touched_at, expires_at, revision, principal, attributes) VALUES ' +
      '($1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::text, $7::text::jsonb) ' +
      `ON CONFLICT (session_key) DO NOTHING ${DONE}`;
    const written = ', attributes = (attributes - $9::text::text[]) || $10::text::jsonb';
    const compared = ' AND attributes @> $7::text::jsonb AND NOT attributes ?| $8::text::text[]';
    const patch = (write: string, compare: string): string =>
      `UPDATE ${table} SET touched_at = $2::bigint, expires_at = $3::bigint, ` +
      `principal = $4::text, revision = revision + $5::bigint${write} ` +
      `WHERE session_key = $1::text AND principal IS NOT DISTINCT FROM $6::text AND ${READABLE}${compare} ${DONE}`;
    this.#patches = [patch('', ''), patch('', compared), patch(written, compared)];
  }

  load(key: SessionKey): SqlStatement {
    return { text: this.#load, values: [key] };
  }

  create(key: SessionKey, record: SessionRecord): SqlStatement {
    return { text: this.#create, values: [key, ...valuesOf(record)] };
  }

  patch(key: SessionKey, patch: SessionPatch): SqlStatement {
    const { touchedAt, expiresAt, principal, step, changes, writesAttributes } = patchColumnsOf(patch);
    const values = [key, touchedAt, expiresAt, principal.to, step, principal.from];
    if (changes.length === 0) return { text: this.#patches[0], values };
    const present = changes.filter(([, { from }]) => from !== null);
    const absent = changes.filter(([, { from }]) => from === null);
    values.push(jsonObject(present.map(([name, { from }]) => [name, from])), arrayOf(absent));
    if (!writesAttributes) return { text: this.#patches[1], values };
    const removed = changes.filter(([, { to }]) => to === null);
    const set = changes.filter(([, { to }]) => to !== null);
    values.push(arrayOf(removed), jsonObject(set.map(([name, { to }]) => [name, to])));
    return { text: this.#patches[2], values };
  }

  rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null): SqlStatement {
    const text =
      `UPDATE ${this.#table} SET session_key = $1::text, created_at = $2::bigint, touched_at = $3::bigint, ` +
      'expires_at = $4::bigint, revision = $5::bigint, principal = $6::text, attributes = $7::text::jsonb ' +
      `WHERE session_key = $8::text AND revision = COALESCE($9::bigint, revision) AND ${READABLE} ${DONE}`;
    return { text, values: [to, ...valuesOf(record), from, revision] };
  }

  delete(key: SessionKey): SqlStatement {
    return { text: `DELETE FROM ${this.#table} WHERE session_key = $1::text ${DONE}`, values: [key] };
  }

  listByPrincipal(principal: string, at: number, limit: number): SqlStatement {
    const text =
      `SELECT session_key, ${COLUMNS} FROM ${this.#table} WHERE principal = $1::text ` +
      'AND expires_at > $2::bigint ORDER BY created_at DESC LIMIT $3::bigint';
    return { text, values: [principalColumn(principal), at, limit] };
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): SqlStatement {
    const text =
      `DELETE FROM ${this.#table} WHERE principal = $1::text ` +
      `AND session_key IS DISTINCT FROM $2::text ${DONE}`;
    return { text, values: [principalColumn(principal), keep] };
  }

  /** Skips locked rows. The advisory lock, which admits one node, is released with the statement. */
  sweep(client: PostgresSqlClient, before: number, limit: number): Promise<number> {
    const text =
      `WITH expired AS MATERIALIZED (SELECT session_key FROM ${this.#table} WHERE expires_at <= $1::bigint ` +
      `AND (SELECT pg_try_advisory_xact_lock(${lockNumber('sweep', this.#name)})) ` +
      'ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED) ' +
      `DELETE FROM ${this.#table} AS target USING expired WHERE target.session_key = expired.session_key ${DONE}`;
    return client.write({ text, values: [before, limit] });
  }

  migrate(client: PostgresSqlClient): Promise<void> {
    return migratePostgres(client, this.#name);
  }

  /** unique_violation */
  isCollision(error: unknown): boolean {
    return codeIn(error) === '23505';
  }

  /**
   * serialization_failure (in a stricter isolation level than the store needs), deadlock_detected, and a
   * statement that was prepared before a column was changed: it is prepared again under another name (see
   * `sendTo`).
   */
  isTransient(error: unknown): boolean {
    return ['40001', '40P01'].includes(codeIn(error)) || isPlanOutdated(error);
  }
}

/** A PostgreSQL array as text. Encoded names need no escape except quotes. */
function arrayOf(changes: readonly (readonly [name: string, change: unknown])[]): string {
  return `{${changes.map(([name]) => `"${name}"`).join(',')}}`;
}
