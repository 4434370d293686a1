import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadDriver } from '../../core/util/load-driver.js';
import type { SqliteDatabase } from './sqlite-client.js';

/** What a store can close again. */
export interface OwnSqliteDatabase extends SqliteDatabase {
  close(): unknown;
}

type DatabaseClass = new (path: string) => OwnSqliteDatabase;

/** Against what an answered write is safe: the end of the process, or of the machine too. */
export type Durability = 'process' | 'power';

/** A database in memory: for this process, and as long as it lives. */
const IN_MEMORY = ':memory:';

/** How long the start waits for other processes that open the same file: it cannot wait in turns of the event loop. */
const OPENING_BUSY_MS = 2000;

/** How long a statement stands still for that of another process, and everything in this one with it; then the store tries again. */
const BUSY_MS = 5;

/**
 * Opens a database with what there is: SQLite of Node itself from 22.13 on, or one of two packages.
 *
 * @throws Error that says what to install, where there is none of them.
 */
export function openSqlite(path: string, durability: Durability): OwnSqliteDatabase {
  const Database = findDriver();
  // Sessions are for this user alone. SQLite gives its other files the rights of this one.
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

/** Not loaded where it is of version 13 and Node is older than 22: it does not fail there, it ends the process. */
function betterSqlite(): DatabaseClass | null {
  const { version } = createRequire(import.meta.url)('better-sqlite3/package.json') as { version: string };
  if (Number.parseInt(version) >= 13 && Number.parseInt(process.versions.node) < 22) return null;
  return createRequire(import.meta.url)('better-sqlite3') as DatabaseClass;
}

const libsql = (): DatabaseClass => createRequire(import.meta.url)('libsql') as DatabaseClass;
