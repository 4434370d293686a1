import { victimsOf } from '../../core/store/principal-limit.js';
import type { PrincipalLimit, StoredSession } from '../../core/store/session-store.js';
import type { Admitted } from '../sql/sql-admission.js';
import type { SqlStatement } from '../sql/sql-client.js';
import { keyOf, sessionsOf } from '../sql/sql-record.js';
import { retried } from '../sql/sql-runner.js';
import type { MysqlSqlClient } from './mysql-client.js';
import { underLock } from './mysql-lock.js';

/** The statements of an admission. */
export interface MysqlAdmission {
  /** The lock that the logins of one principal share. */
  readonly lock: string;
  readonly limit: PrincipalLimit;
  /** Selects the other live sessions of the principal, with their ids and without their attributes. */
  readonly live: SqlStatement;
  /** Inserts or moves the record. */
  readonly write: SqlStatement;
  readonly row: (id: string) => SqlStatement;
  readonly remove: (id: string) => SqlStatement;
  readonly dialect: { isTransient(error: unknown): boolean; isCollision(error: unknown): boolean };
}

/**
 * Decides, writes, and then removes, under a lock, since each statement commits by itself. The write comes
 * first: if it fails, or writes no row, no session is removed. After a crash in between, the principal has
 * one session too many, and its next login removes two.
 */
export function admitMysql(client: MysqlSqlClient, admission: MysqlAdmission): Promise<Admitted> {
  const { lock, limit, live, write, dialect } = admission;
  return underLock(client, lock, async (one) => {
    const rows = await retried(dialect, () => one.read(live));
    const victims = victimsOf(sessionsOf(rows), limit);
    if (victims === 'limit') return 'limit';
    try {
      if ((await retried(dialect, () => one.write(write))) === 0) return 'unwritten';
    } catch (error) {
      if (dialect.isCollision(error)) return 'collision';
      throw error;
    }
    const ids = new Map(rows.map((row) => [keyOf(row), String(row['id'])]));
    const evicted: StoredSession[] = [];
    for (const { key } of victims) evicted.push(...(await remove(one, ids.get(key)!, admission)));
    return { evicted };
  });
}

/** Removes by id, which a session keeps under a new key. Resolves with the session, unless it was gone. */
async function remove(
  one: MysqlSqlClient,
  id: string,
  { row, remove, dialect }: MysqlAdmission,
): Promise<readonly StoredSession[]> {
  const rows = await retried(dialect, () => one.read(row(id)));
  const removed = await retried(dialect, () => one.write(remove(id)));
  return removed === 1 ? sessionsOf(rows) : [];
}
