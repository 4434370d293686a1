import { createRequire } from 'node:module';
import type { SqliteDatabase } from 'nest-session/sqlite';
import { describeWith } from '../../support/requirements.js';

/** A database that a test opens and closes. */
export interface OpenDatabase extends SqliteDatabase {
  close(): unknown;
}

type DatabaseClass = new (path: string) => OpenDatabase;

/** One driver of SQLite. */
export interface SqliteDriver {
  readonly name: string;
  /** The first Node version that can run the driver. */
  readonly sinceNode: readonly [major: number, minor: number];
  readonly load: () => DatabaseClass;
}

const require = createRequire(import.meta.url);

/**
 * All supported drivers. Version 13 of better-sqlite3 ends the process on an older Node when it is loaded.
 */
export const SQLITE_DRIVERS: readonly SqliteDriver[] = [
  { name: 'libsql', sinceNode: [20, 0], load: () => require('libsql') as DatabaseClass },
  {
    name: 'node:sqlite',
    sinceNode: [22, 13],
    load: () =>
      (process.getBuiltinModule('node:sqlite') as unknown as { DatabaseSync: DatabaseClass }).DatabaseSync,
  },
  { name: 'better-sqlite3', sinceNode: [22, 0], load: () => require('better-sqlite3') as DatabaseClass },
];

/**
 * `describe` for a suite over a driver, with what opens a database by it. A Node that cannot have the driver
 * leaves the suite to the newer ones, also in CI, and says so; one that can, and has not, is not what the
 * suite needs.
 */
export function describeWithDriver(
  { name, sinceNode: [major, minor], load }: SqliteDriver,
  title: string,
  body: (open: (path: string) => OpenDatabase) => void,
): void {
  const suite = (): void => body((path) => openShared(load(), path));
  const [atMajor = 0, atMinor = 0] = process.versions.node.split('.').map(Number);
  if (atMajor > major || (atMajor === major && atMinor >= minor)) {
    describeWith({ name, isMet: isThere(name), cure: 'npm install' }, title, suite);
    return;
  }
  const line = '!'.repeat(100);
  console.warn(
    `${line}\n!! NOT RUN: ${title}\n!! ${name} needs Node ${major}.${minor}: run it there\n${line}`,
  );
  const leftOut = describe['skip' as const];
  leftOut(title, suite);
}

function isThere(name: string): boolean {
  if (name.startsWith('node:')) return process.getBuiltinModule(name) !== undefined;
  try {
    return require.resolve(name) !== '';
  } catch {
    return false;
  }
}

/** Opens a database with the settings that the store requires of an application. */
function openShared(Database: DatabaseClass, path: string): OpenDatabase {
  const database = new Database(path);
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec('PRAGMA journal_mode = WAL');
  return database;
}
