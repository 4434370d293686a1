import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { WriteTerms } from '../../core/store/session-store.js';
import type { Admission, Admitted } from '../sql/sql-admission.js';
import type { SqlRow, SqlStatement } from '../sql/sql-client.js';
import type { SqlDialect } from '../sql/sql-dialect.js';
import { principalColumn, realmColumn, valuesOf } from '../sql/sql-record.js';
import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
import { admitMysql } from './mysql-admission.js';
import { claimMysql } from './mysql-claims.js';
import { advanceEpochMysql } from './mysql-epoch.js';
import type { MysqlProcedure, MysqlSqlClient } from './mysql-client.js';
import { patchMysql } from './mysql-patch.js';
import { sweepMysql } from './mysql-procedures.js';
import { lockName, loginLockName, migrateMysql } from './mysql-schema.js';
import { bytesOf, PRINCIPAL, READABLE, TEXT } from './mysql-values.js';

/** Text columns are read as bytes, so that no driver parses JSON. */
const FACTS = `created_at, touched_at, expires_at, revision, epoch, ${bytesOf('principal')}`;
const COLUMNS = `${FACTS}, ${bytesOf('attributes')}`;

/** A driver sends a number as a double, and the server would compare doubles without the index. */
const WHOLE = 'CAST(? AS SIGNED)';

/** A row, only while it belongs to a principal. A rekey keeps its id, and may change its principal. */
const ROW = `WHERE id = CAST(? AS UNSIGNED) AND principal = ${PRINCIPAL}`;

/** The SQL of MySQL and MariaDB. */
export class MysqlDialect implements SqlDialect<MysqlSqlClient> {
  readonly #name: TableName;
  readonly #table: string;
  readonly #epochs: string;
  /** The epoch of a realm as an expression with one placeholder. */
  readonly #present: string;

  constructor(name: TableName) {
    this.#name = name;
    this.#table = quoteTable(name, '`');
    this.#epochs = quoteBeside(name, 'epochs', '`');
    this.#present = `COALESCE((SELECT held.epoch FROM ${this.#epochs} AS held WHERE held.realm = ?), 0)`;
  }

  load(key: SessionKey, realm?: string): SqlStatement {
    const columns = realm === undefined ? COLUMNS : `${COLUMNS}, ${this.#present} AS present_epoch`;
    return {
      text: `SELECT ${columns} FROM ${this.#table} WHERE session_key = ?`,
      values: realm === undefined ? [key] : [realmColumn(realm), key],
    };
  }

  /** A plain INSERT: IGNORE hides other errors too, and the row count of an upsert varies. */
  create(key: SessionKey, record: SessionRecord, realm?: string): SqlStatement {
    const text =
      `INSERT INTO ${this.#table} ` +
      '(session_key, created_at, touched_at, expires_at, revision, principal, attributes, epoch) ' +
      `VALUES (?, ?, ?, ?, ?, ${TEXT}, ${TEXT}, ${realm === undefined ? '?' : this.#present})`;
    const epoch = realm === undefined ? (record.epoch ?? 0) : realmColumn(realm);
    return { text, values: [key, ...valuesOf(record), epoch] };
  }

  patch(key: SessionKey, patch: SessionPatch): SqlStatement | MysqlProcedure {
    return patchMysql(this.#table, COLUMNS, key, patch);
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
      `revision = ?, principal = ${TEXT}, attributes = ${TEXT}, writes = writes + 1, ` +
      `epoch = ${terms?.isLogin === true ? this.#present : '?'} ` +
      `WHERE session_key = ? AND ${READABLE}${revision === null ? '' : ` AND revision = ${WHOLE}`}` +
      (terms === undefined ? '' : ` AND epoch >= ${this.#present}`);
    const held = [from, ...(revision === null ? [] : [revision]), ...realm];
    return { text, values: [to, ...valuesOf(record), ...stamp, ...held] };
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

  epoch(realm: string): SqlStatement {
    return { text: `SELECT epoch FROM ${this.#epochs} WHERE realm = ?`, values: [realmColumn(realm)] };
  }

  advanceEpoch(client: MysqlSqlClient, realm: string): Promise<number> {
    return advanceEpochMysql(client, this.#name, this.epoch(realm));
  }

  admit(client: MysqlSqlClient, admission: Admission): Promise<Admitted> {
    const { from, to, record, revision, terms, limit } = admission;
    const principal = principalColumn(admission.principal);
    return admitMysql(client, {
      lock: loginLockName(this.#name, String(principal)),
      limit,
      live: {
        text:
          `SELECT id, session_key, ${FACTS}, '{}' AS attributes FROM ${this.#table} ` +
          `WHERE principal = ${PRINCIPAL} AND expires_at > ${WHOLE} ` +
          `AND epoch >= ${this.#present} AND ${READABLE}${from === null ? '' : ' AND session_key <> ?'}`,
        values: [principal, limit.at, realmColumn(terms.realm), ...(from === null ? [] : [from])],
      },
      write:
        from === null ? this.create(to, record, terms.realm) : this.rekey(from, to, record, revision, terms),
      row: (id) => ({
        text: `SELECT session_key, ${COLUMNS} FROM ${this.#table} ${ROW}`,
        values: [id, principal],
      }),
      remove: (id) => ({ text: `DELETE FROM ${this.#table} ${ROW}`, values: [id, principal] }),
      dialect: this,
    });
  }

  /** In the order of row ids, which a rekey keeps. */
  scan(cursor: string | null, limit: number): SqlStatement {
    const text =
      `SELECT id AS position, session_key, ${COLUMNS} FROM ${this.#table} ` +
      `WHERE id > CAST(? AS UNSIGNED) ORDER BY id LIMIT ${Math.trunc(limit)}`;
    return { text, values: [cursor ?? '0'] };
  }

  /** Does nothing while another node sweeps. */
  async sweep(client: MysqlSqlClient, before: number, limit: number): Promise<number> {
    const sweep = (connection: MysqlSqlClient): Promise<number> =>
      sweepMysql(connection, this.#table, before, limit);
    return (await client.locked(lockName('sweep', this.#name), 0, sweep)) ?? 0;
  }

  claim(client: MysqlSqlClient, before: number, limit: number): Promise<readonly SqlRow[]> {
    const columns = `session_key, ${COLUMNS}`;
    const claimed = { table: this.#table, columns, lock: lockName('sweep', this.#name), dialect: this };
    return claimMysql(client, claimed, before, limit);
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

const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno);
