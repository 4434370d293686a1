import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SqlClient, SqlStatement } from './sql-client.js';

/** The SQL of one database. Each operation is one statement. */
export interface SqlDialect<C extends SqlClient> {
  /** Selects one row, with the columns that `recordOf` reads. */
  load(key: SessionKey): SqlStatement;
  /** Inserts a row. For a key in use it inserts none, or fails with an error for {@link isCollision}. */
  create(key: SessionKey, record: SessionRecord): SqlStatement;
  /** Writes a patch in one statement, if the row still has the values that the patch is based on. */
  patch(key: SessionKey, patch: SessionPatch): SqlStatement;
  /** Replaces the key and all other columns of a row. Fails when the new key is in use. */
  rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null): SqlStatement;
  delete(key: SessionKey): SqlStatement;
  /** Selects the newest sessions of a principal, `session_key` included, in any order. */
  listByPrincipal(principal: string, at: number, limit: number): SqlStatement;
  deleteByPrincipal(principal: string, keep: SessionKey | null): SqlStatement;
  /** Deletes rows that had expired at an instant, unless another node does so. Returns their number. */
  sweep(client: C, before: number, limit: number): Promise<number>;
  /** Migrates the table to the newest version. Several nodes may do so concurrently. */
  migrate(client: C): Promise<void>;
  /** Whether a statement failed because the key is in use. */
  isCollision(error: unknown): boolean;
  /** Whether a statement failed because of concurrent statements, and had no effect. */
  isTransient(error: unknown): boolean;
}
