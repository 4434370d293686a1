import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SqlRow, SqlStatement } from '../sql/sql-client.js';
import type { WriteTerms } from '../../core/store/session-store.js';
import type { Admission, Admitted } from '../sql/sql-admission.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import {
  epochIn,
  jsonObject,
  mergePatchOf,
  patchColumnsOf,
  principalColumn,
  realmColumn,
  RECORD_COLUMNS,
  valuesOf,
} from '../sql/sql-record.js';
import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
import { admitSqlite } from './sqlite-admission.js';
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
  readonly #epochs: string;
  readonly #load: string;
  readonly #loadInRealm: string;
  readonly #create: string;
  readonly #createInRealm: string;
  /** The epoch of a realm as an expression with one placeholder. */
  readonly #present: string;
  readonly #sweep: string;
  /** Statements for patches that only touch, that also compare attributes, and that also write attributes. */
  readonly #patches: readonly [string, string, string];

  constructor(name: TableName) {
    this.#name = name;
    const table = quoteTable(name, '"');
    this.#table = table;
    this.#epochs = quoteBeside(name, 'epochs', '"');
    this.#present = `COALESCE((SELECT held.epoch FROM ${this.#epochs} AS held WHERE held.realm = ?), 0)`;
    this.#load = `SELECT ${COLUMNS} FROM ${table} WHERE session_key = ?`;
    this.#loadInRealm = `SELECT ${COLUMNS}, ${this.#present} AS present_epoch FROM ${table} WHERE session_key = ?`;
    const create = (epoch: string): string =>
      `INSERT INTO ${table} (session_key, created_at, touched_at, expires_at, revision, principal, attributes, epoch) ` +
      `VALUES (?, ?, ?, ?, ?, ?, ?, ${epoch}) ON CONFLICT (session_key) DO NOTHING`;
    this.#create = create('?');
    this.#createInRealm = create(this.#present);
    this.#sweep =
      `DELETE FROM ${table} WHERE rowid IN ` +
      `(SELECT rowid FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`;
    const patch = (write: string, compare: string): string =>
      `UPDATE ${table} SET touched_at = ?, expires_at = ?, principal = ?, revision = revision + ?${write} ` +
      `WHERE session_key = ? AND principal IS ? AND ${readable(compare)}`;
    this.#patches = [
      patch('', ''),
      patch('', UNCHANGED),
      patch(', attributes = json_patch(attributes, ?)', UNCHANGED),
    ];
  }

  load(key: SessionKey, realm?: string): SqlStatement {
    if (realm === undefined) return { text: this.#load, values: [key] };
    return { text: this.#loadInRealm, values: [realmColumn(realm), key] };
  }

  create(key: SessionKey, record: SessionRecord, realm?: string): SqlStatement {
    const values = [key, ...valuesOf(record)];
    if (realm === undefined) return { text: this.#create, values: [...values, record.epoch ?? 0] };
    return { text: this.#createInRealm, values: [...values, realmColumn(realm)] };
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

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): SqlStatement {
    const realm = terms === undefined ? [] : [realmColumn(terms.realm)];
    const stamp = terms?.isLogin === true ? realm : [record.epoch ?? 0];
    const text =
      `UPDATE ${this.#table} SET session_key = ?, created_at = ?, touched_at = ?, expires_at = ?, ` +
      `revision = ?, principal = ?, attributes = ?, epoch = ${terms?.isLogin === true ? this.#present : '?'} ` +
      `WHERE session_key = ? AND revision = COALESCE(?, revision) AND ${readable()}` +
      (terms === undefined ? '' : ` AND epoch >= ${this.#present}`);
    return { text, values: [to, ...valuesOf(record), ...stamp, from, revision, ...realm] };
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

  epoch(realm: string): SqlStatement {
    return { text: `SELECT epoch FROM ${this.#epochs} WHERE realm = ?`, values: [realmColumn(realm)] };
  }

  advanceEpoch(client: SqliteSqlClient, realm: string): Promise<number> {
    const { text, values } = this.epoch(realm);
    return client.exclusively((database) => {
      database
        .prepare(
          `INSERT INTO ${this.#epochs} (realm, epoch) VALUES (?, 1) ` +
            'ON CONFLICT (realm) DO UPDATE SET epoch = epoch + 1',
        )
        .run(...values);
      return epochIn(database.prepare(text).all(...values)[0] as SqlRow);
    });
  }

  admit(client: SqliteSqlClient, admission: Admission): Promise<Admitted> {
    const { from, to, record, revision, principal, limit, terms } = admission;
    const realm = realmColumn(terms.realm);
    return admitSqlite(client, {
      limit,
      live: {
        text:
          `SELECT session_key, ${COLUMNS} FROM ${this.#table} WHERE principal = ? AND expires_at > ? ` +
          `AND session_key IS NOT ? AND epoch >= ${this.#present} AND ${readable()}`,
        values: [principalColumn(principal), limit.at, from, realm],
      },
      write:
        from === null ? this.create(to, record, terms.realm) : this.rekey(from, to, record, revision, terms),
      remove: (key) => this.delete(key),
      isCollision: (error) => this.isCollision(error),
    });
  }

  /** In the order of row ids, which a rekey keeps. */
  scan(cursor: string | null, limit: number): SqlStatement {
    const text =
      `SELECT rowid AS position, session_key, ${COLUMNS} FROM ${this.#table} ` +
      'WHERE rowid > CAST(? AS INTEGER) ORDER BY rowid LIMIT ?';
    return { text, values: [cursor ?? '0', limit] };
  }

  /** Needs no lock: SQLite allows one writer at a time. */
  sweep(client: SqliteSqlClient, before: number, limit: number): Promise<number> {
    return client.write({ text: this.#sweep, values: [before, limit] });
  }

  claim(client: SqliteSqlClient, before: number, limit: number): Promise<readonly SqlRow[]> {
    const text = `${this.#sweep} RETURNING session_key, ${COLUMNS}`;
    return client.exclusively((database) => database.prepare(text).all(before, limit) as SqlRow[]);
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
