import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SqlClient, SqlStatement } from './sql-client.js';

/** How one database says what a store wants. Each operation is one statement. */
export interface SqlDialect<C extends SqlClient> {
  /** Finds one row, with the columns that `recordOf` reads. */
  load(key: SessionKey): SqlStatement;
  /** Writes one row. Where the key is in use it writes none, or fails with what {@link isCollision} knows. */
  create(key: SessionKey, record: SessionRecord): SqlStatement;
  /** Compares and writes, in one. Writes no row that does not hold what the patch was based on. */
  patch(key: SessionKey, patch: SessionPatch): SqlStatement;
  /** Gives a row its new key and everything else, in place. Where the key is in use it fails. */
  rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null): SqlStatement;
  delete(key: SessionKey): SqlStatement;
  /** Finds rows that have a `session_key` too: those begun last, in any order. */
  listByPrincipal(principal: string, at: number, limit: number): SqlStatement;
  deleteByPrincipal(principal: string, keep: SessionKey | null): SqlStatement;
  /** Removes rows that were over at an instant, unless another node is at it; answers how many. */
  sweep(client: C, before: number, limit: number): Promise<number>;
  /** Brings the table to the newest form. Several nodes may do that at once. */
  migrate(client: C): Promise<void>;
  /** Whether a statement failed because its key is in use. */
  isCollision(error: unknown): boolean;
  /** Whether a statement failed only because of what others did at that moment, and did nothing. */
  isTransient(error: unknown): boolean;
}
