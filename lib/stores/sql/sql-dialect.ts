import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { WriteTerms } from '../../core/store/session-store.js';
import type { Admission, Admitted } from './sql-admission.js';
import type { SqlClient, SqlRow, SqlStatement } from './sql-client.js';

/** The SQL of one database. Each operation is one statement, unless it has a client. */
export interface SqlDialect<C extends SqlClient> {
  /**
   * Selects one row, with the columns that `recordOf` reads; with a realm also its epoch, `present_epoch`.
   */
  load(key: SessionKey, realm?: string): SqlStatement;
  /**
   * Inserts a row, with the epoch of the realm, or without a realm the one of the record. For a key in use it
   * inserts none, or fails with an error for {@link isCollision}.
   */
  create(key: SessionKey, record: SessionRecord, realm?: string): SqlStatement;
  /** Writes a patch in one statement, if the row still has the values that the patch is based on. */
  patch(key: SessionKey, patch: SessionPatch): SqlStatement;
  /**
   * Replaces the key and all other columns of a row. Fails when the new key is in use. Ignores the limit of
   * the terms.
   */
  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): SqlStatement;
  delete(key: SessionKey): SqlStatement;
  /** Selects the newest sessions of a principal, `session_key` included, in any order. */
  listByPrincipal(principal: string, at: number, limit: number): SqlStatement;
  deleteByPrincipal(principal: string, keep: SessionKey | null): SqlStatement;
  /** Selects the `epoch` of a realm: no row before the first `advanceEpoch`. */
  epoch(realm: string): SqlStatement;
  /** Adds one to the epoch of a realm, and resolves with it. */
  advanceEpoch(client: C, realm: string): Promise<number>;
  /** Writes a record whose principal has a limit, and removes the sessions that exceed it. */
  admit(client: C, admission: Admission): Promise<Admitted>;
  /**
   * Selects rows in a fixed order, `session_key` included. `position` is the cursor for the rows after a row.
   */
  scan(cursor: string | null, limit: number): SqlStatement;
  /** Deletes rows that had expired at an instant, unless another node does so. Returns their number. */
  sweep(client: C, before: number, limit: number): Promise<number>;
  /** Does the same, and returns the deleted rows, `session_key` included. */
  claim(client: C, before: number, limit: number): Promise<readonly SqlRow[]>;
  /** Migrates the table to the newest version. Several nodes may do so concurrently. */
  migrate(client: C): Promise<void>;
  /** Whether a statement failed because the key is in use. */
  isCollision(error: unknown): boolean;
  /** Whether a statement failed because of concurrent statements, and had no effect. */
  isTransient(error: unknown): boolean;
}
