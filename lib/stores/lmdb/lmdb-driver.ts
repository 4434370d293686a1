import { createRequire } from 'node:module';

/** What is used of a database of the package `lmdb`, described by its shape: no type of a driver is public. */
export interface LmdbDatabase<V, K> {
  get(key: K): V | undefined;
  put(key: K, value: V): Promise<boolean>;
  remove(key: K): Promise<boolean>;
  getKeys(range: { end: unknown; limit: number }): Iterable<K>;
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
  return loadLmdb().open({ path, mapSize, noSubdir: false });
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
