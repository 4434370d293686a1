import type { SessionKey } from '../../core/session-id.js';
import { victimsOf } from '../../core/store/principal-limit.js';
import type { PrincipalLimit } from '../../core/store/session-store.js';
import type { Admitted } from '../sql/sql-admission.js';
import type { SqlRow, SqlStatement } from '../sql/sql-client.js';
import { sessionsOf } from '../sql/sql-record.js';
import type { SqliteDatabase, SqliteSqlClient } from './sqlite-client.js';

/** The statements of an admission. */
export interface SqliteAdmission {
  readonly limit: PrincipalLimit;
  /** Selects the other live sessions of the principal. */
  readonly live: SqlStatement;
  /** Inserts or moves the record. */
  readonly write: SqlStatement;
  readonly remove: (key: SessionKey) => SqlStatement;
  readonly isCollision: (error: unknown) => boolean;
}

/** Decides and writes in one transaction. SQLite allows one writer at a time, over all processes. */
export async function admitSqlite(client: SqliteSqlClient, admission: SqliteAdmission): Promise<Admitted> {
  try {
    return await client.exclusively((database) => admit(database, admission));
  } catch (error) {
    if (admission.isCollision(error)) return 'collision';
    throw error;
  }
}

function admit(database: SqliteDatabase, { limit, live, write, remove }: SqliteAdmission): Admitted {
  const rows = database.prepare(live.text).all(...live.values) as SqlRow[];
  const victims = victimsOf(sessionsOf(rows), limit);
  if (victims === 'limit') return 'limit';
  if (changesOf(database, write) === 0) return 'unwritten';
  for (const { key } of victims) changesOf(database, remove(key));
  return { evicted: victims };
}

function changesOf(database: SqliteDatabase, { text, values }: SqlStatement): number {
  return Number(database.prepare(text).run(...values).changes);
}
