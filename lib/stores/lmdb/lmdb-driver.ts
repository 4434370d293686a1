import { existsSync, linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { nextTurn } from '../../core/util/clock.js';
import { loadDriver } from '../../core/util/load-driver.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { checkDataFile } from './lmdb-data-file.js';

const NAME = 'LmdbSessionStore';

/** Pages of a database and of the environment that it is in. */
export interface LmdbPages {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** What is used of a database of the package `lmdb`, described by its shape: no type of a driver is public. */
export interface LmdbDatabase<V, K> {
  get(key: K): V | undefined;
  put(key: K, value: V): Promise<boolean>;
  remove(key: K): Promise<boolean>;
  getKeys(range: { start?: unknown; end: unknown; limit?: number }): Iterable<K>;
  getStats(): LmdbPages & { readonly pageSize: number; readonly root: LmdbPages; readonly free: LmdbPages };
}

/** What is used of an environment of the package `lmdb`. */
export interface LmdbEnvironment {
  openDB<V, K>(name: string, options: { encoding: string }): LmdbDatabase<V, K>;
  transaction<T>(work: () => T): Promise<T>;
  resetReadTxn(): void;
  close(): Promise<void>;
}

/** The package `lmdb`, as far as it is used. */
export interface LmdbPackage {
  open(options: {
    path: string;
    mapSize: number;
    noSubdir: boolean;
    eventTurnBatching: boolean;
  }): LmdbEnvironment;
}

/** LMDB's file of locks with its 126 readers. */
const LOCK_BYTES = 8272;

/** @throws Error that names the file or the folder, and what is wrong. */
export function openLmdb(lmdb: LmdbPackage, path: string, mapSize: number): LmdbEnvironment {
  makeFolder(resolve(path), 0o700);
  checkDataFile(join(path, 'data.mdb'));
  reserveLockFile(path);
  // Batches by turns of the event loop have a promise of their own. Nobody can handle it when a commit fails.
  try {
    return lmdb.open({ path, mapSize, noSubdir: false, eventTurnBatching: false });
  } catch (error) {
    const cause = safeError(NAME, error);
    throw new StoreError(`LMDB cannot open the database in ${path}: ${cause.message}`, { cause });
  }
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

/**
 * Makes the lock file with all its blocks. LMDB makes it with a hole and writes to its memory map, which ends the process
 * by SIGBUS when the disk is full. A link is atomic: another process that opens the database sees a whole file.
 *
 * @throws Error `ENOSPC` when the disk has no room for it.
 */
function reserveLockFile(path: string): void {
  const lock = join(path, 'lock.mdb');
  if (hasItsBlocks(lock)) return;
  const whole = join(path, `lock.mdb.${process.pid}`);
  try {
    writeFileSync(whole, Buffer.alloc(LOCK_BYTES), { mode: 0o664 });
    if (!existsSync(lock)) linkSync(whole, lock);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    // Another process was faster, or the file system has no hard links: LMDB makes the file then.
    if (['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) return;
    throw new Error(`The LmdbSessionStore cannot make the file ${lock}: ${message}`, { cause: error });
  } finally {
    rmSync(whole, { force: true });
  }
}

function hasItsBlocks(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && stats.size >= LOCK_BYTES && stats.blocks * 512 >= stats.size;
}

/** @throws Error that contains the command to install the package, when it is missing. */
export function loadLmdb(): LmdbPackage {
  return loadDriver(NAME, { lmdb: () => createRequire(import.meta.url)('lmdb') as LmdbPackage });
}

/**
 * The error of a write. LMDB's own error has its cause in a promise, whose rejection ends the process when it is not handled.
 */
export async function commitError(error: unknown, path: string): Promise<StoreError> {
  const pending = (error as { readonly commitError?: unknown } | null)?.commitError;
  if (!(pending instanceof Promise)) return safeError(NAME, error);
  // The promise may be rejected much later, or never.
  const late = new Promise<unknown>((resolve) => nextTurn(() => resolve(error)));
  const cause = safeError(NAME, await Promise.race([late, pending.catch((fault: unknown) => fault)]));
  const reason = cause.message.replace(/\.$/, '');
  return new StoreError(`LMDB stored nothing in ${path}: ${reason}. The disk may be full or broken.`, {
    cause,
  });
}
