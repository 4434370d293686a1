import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';

/** What is used of a database of the package `lmdb`, described by its shape: no type of a driver is public. */
export interface LmdbDatabase<V, K> {
  get(key: K): V | undefined;
  put(key: K, value: V): Promise<boolean>;
  remove(key: K): Promise<boolean>;
  getKeys(range: { start?: unknown; end: unknown; limit?: number }): Iterable<K>;
}

/** What is used of an environment of the package `lmdb`. */
export interface LmdbEnvironment {
  openDB<V, K>(name: string, options: { encoding: string }): LmdbDatabase<V, K>;
  transaction<T>(work: () => T): Promise<T>;
  resetReadTxn(): void;
  close(): Promise<void>;
}

interface LmdbPackage {
  open(options: { path: string; mapSize: number; noSubdir: boolean }): LmdbEnvironment;
}

/** @throws Error that says how to install the package, where it is missing. */
export function openLmdb(path: string, mapSize: number): LmdbEnvironment {
  const lmdb = loadLmdb();
  makeFolder(resolve(path), 0o700);
  return lmdb.open({ path, mapSize, noSubdir: false });
}

/**
 * Makes a folder and those above it; the folder itself for this user alone. Step by step: where nothing can be made,
 * Node's own recursive way may never return.
 */
function makeFolder(path: string, mode?: number): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function loadLmdb(): LmdbPackage {
  try {
    return createRequire(import.meta.url)('lmdb') as LmdbPackage;
  } catch (cause) {
    throw new Error('The LmdbSessionStore needs the package lmdb. Install it with: npm install lmdb', {
      cause,
    });
  }
}
