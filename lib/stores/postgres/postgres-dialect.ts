import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import { codeIn } from '../../core/util/store-error.js';
import type { SqlRow, SqlStatement } from '../sql/sql-client.js';
import type { WriteTerms } from '../../core/store/session-store.js';
import type { Admission, Admitted } from '../sql/sql-admission.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import {
  epochIn,
  jsonObject,
  patchColumnsOf,
  principalColumn,
  realmColumn,
  RECORD_COLUMNS,
  valuesOf,
} from '../sql/sql-record.js';
import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
import type { PostgresSqlClient } from './postgres-client.js';
import { isPlanOutdated } from './postgres-query.js';
import { admitPostgres } from './postgres-admission.js';
import { migratePostgres } from './postgres-schema.js';
import { sweepStatement } from './postgres-sweep.js';

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
  readonly #epochs: string;
  readonly #load: string;
  readonly #loadInRealm: string;
  readonly #create: string;
  readonly #createInRealm: string;
  /** Statements for patches that only touch, that also compare attributes, and that also write attributes. */
  readonly #patches: readonly [string, string, string];

  constructor(name: TableName) {
    this.#name = name;
    const table = quoteTable(name, '"');
    this.#table = table;
    this.#epochs = quoteBeside(name, 'epochs', '"');
    this.#load = `SELECT ${COLUMNS} FROM ${table} WHERE session_key = $1::text`;
    this.#loadInRealm = `SELECT ${COLUMNS}, ${this.#present('$2')} AS present_epoch FROM ${table} WHERE session_key = $1::text`;
    const create = (epoch: string): string =>
      `INSERT INTO ${table} ` +
      '(session_key, created_at, touched_at, expires_at, revision, principal, attributes, epoch) VALUES ' +
      `($1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::text, $7::text::jsonb, ${epoch}) ` +
      `ON CONFLICT (session_key) DO NOTHING ${DONE}`;
    this.#create = create('$8::bigint');
    this.#createInRealm = create(this.#present('$8'));
    const written = ', attributes = (attributes - $9::text::text[]) || $10::text::jsonb';
    const compared = ' AND attributes @> $7::text::jsonb AND NOT attributes ?| $8::text::text[]';
    const patch = (write: string, compare: string): string =>
      `UPDATE ${table} SET touched_at = $2::bigint, expires_at = $3::bigint, ` +
      `principal = $4::text, revision = revision + $5::bigint${write} ` +
      `WHERE session_key = $1::text AND principal IS NOT DISTINCT FROM $6::text AND ${READABLE}${compare} ${DONE}`;
    this.#patches = [patch('', ''), patch('', compared), patch(written, compared)];
  }

  load(key: SessionKey, realm?: string): SqlStatement {
    if (realm === undefined) return { text: this.#load, values: [key] };
    return { text: this.#loadInRealm, values: [key, realmColumn(realm)] };
  }

  create(key: SessionKey, record: SessionRecord, realm?: string): SqlStatement {
    const values = [key, ...valuesOf(record)];
    if (realm === undefined) return { text: this.#create, values: [...values, record.epoch ?? 0] };
    return { text: this.#createInRealm, values: [...values, realmColumn(realm)] };
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

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): SqlStatement {
    const values = [to, ...valuesOf(record), from, revision];
    if (terms !== undefined) values.push(realmColumn(terms.realm));
    if (terms?.isLogin !== true) values.push(record.epoch ?? 0);
    const stamp = terms?.isLogin === true ? this.#present('$10') : `$${values.length}::bigint`;
    const text =
      `UPDATE ${this.#table} SET session_key = $1::text, created_at = $2::bigint, touched_at = $3::bigint, ` +
      'expires_at = $4::bigint, revision = $5::bigint, principal = $6::text, attributes = $7::text::jsonb, ' +
      `epoch = ${stamp} ` +
      `WHERE session_key = $8::text AND revision = COALESCE($9::bigint, revision) AND ${READABLE}` +
      `${terms === undefined ? '' : ` AND epoch >= ${this.#present('$10')}`} ${DONE}`;
    return { text, values };
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

  epoch(realm: string): SqlStatement {
    return {
      text: `SELECT epoch FROM ${this.#epochs} WHERE realm = $1::text`,
      values: [realmColumn(realm)],
    };
  }

  async advanceEpoch(client: PostgresSqlClient, realm: string): Promise<number> {
    const text =
      `INSERT INTO ${this.#epochs} AS held (realm, epoch) VALUES ($1::text, 1) ` +
      'ON CONFLICT (realm) DO UPDATE SET epoch = held.epoch + 1 RETURNING epoch';
    const [row] = await client.read({ text, values: [realmColumn(realm)] });
    return epochIn(row);
  }

  admit(client: PostgresSqlClient, admission: Admission): Promise<Admitted> {
    return admitPostgres(client, this.#name, this, admission);
  }

  scan(cursor: string | null, limit: number): SqlStatement {
    const text =
      `SELECT session_key AS position, session_key, ${COLUMNS} FROM ${this.#table} ` +
      'WHERE session_key > $1::text ORDER BY session_key LIMIT $2::bigint';
    return { text, values: [cursor ?? '', limit] };
  }

  sweep(client: PostgresSqlClient, before: number, limit: number): Promise<number> {
    return client.write(sweepStatement(this.#name, '1 AS done', before, limit));
  }

  claim(client: PostgresSqlClient, before: number, limit: number): Promise<readonly SqlRow[]> {
    return client.read(sweepStatement(this.#name, `target.session_key, ${COLUMNS}`, before, limit));
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

  /** The epoch of a realm as an expression. */
  #present(realm: string): string {
    return `COALESCE((SELECT held.epoch FROM ${this.#epochs} AS held WHERE held.realm = ${realm}::text), 0)`;
  }
}

/** A PostgreSQL array as text. Encoded names need no escape except quotes. */
function arrayOf(changes: readonly (readonly [name: string, change: unknown])[]): string {
  return `{${changes.map(([name]) => `"${name}"`).join(',')}}`;
}
