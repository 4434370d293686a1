import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadDriver } from '../../core/util/load-driver.js';
import type { SqliteDatabase } from './sqlite-client.js';

/** A database that the store has opened and can close. */
export interface OwnSqliteDatabase extends SqliteDatabase {
  close(): unknown;
}

type DatabaseClass = new (path: string) => OwnSqliteDatabase;

/** What a completed write survives: the end of the process, or also a power cut. */
export type Durability = 'process' | 'power';

/** The path of a database in memory, which ends with the process. */
const IN_MEMORY = ':memory:';

/**
 * Limit for the wait for other processes that open the same file. The constructor cannot wait asynchronously.
 */
const OPENING_BUSY_MS = 2000;

/** How long a statement blocks the event loop for another writer. Then the store retries it. */
const BUSY_MS = 5;

/**
 * Opens a database with the first available driver: SQLite of Node 22.13 or later, or one of two packages.
 *
 * @throws Error that contains the command to install a driver, when none is available.
 */
export function openSqlite(path: string, durability: Durability): OwnSqliteDatabase {
  const Database = findDriver();
  // Only this user may read sessions. SQLite creates its other files with the same permissions.
  if (path !== IN_MEMORY) closeSync(openSync(path, 'a', 0o600));
  const database = new Database(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${OPENING_BUSY_MS}`);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`);
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function findDriver(): DatabaseClass {
  const store = `SqliteSessionStore on Node ${process.versions.node}`;
  return nodeSqlite() ?? loadDriver(store, { 'better-sqlite3': betterSqlite, libsql }, 'libsql');
}

function nodeSqlite(): DatabaseClass | null {
  const builtin = process.getBuiltinModule('node:sqlite') as { DatabaseSync: DatabaseClass } | undefined;
  return builtin?.DatabaseSync ?? null;
}

/** Does not load version 13 on Node before 22, where it would end the process instead of throwing. */
function betterSqlite(): DatabaseClass | null {
  const { version } = createRequire(import.meta.url)('better-sqlite3/package.json') as { version: string };
  if (Number.parseInt(version) >= 13 && Number.parseInt(process.versions.node) < 22) return null;
  return createRequire(import.meta.url)('better-sqlite3') as DatabaseClass;
}

const libsql = (): DatabaseClass => createRequire(import.meta.url)('libsql') as DatabaseClass;
