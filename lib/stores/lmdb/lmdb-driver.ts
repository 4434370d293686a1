import { existsSync, linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { nextTurn } from '../../core/util/clock.js';
import { loadDriver } from '../../core/util/load-driver.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { checkDataFile } from './lmdb-data-file.js';

const NAME = 'LmdbSessionStore';

/** Page counts of a database, or of its environment. */
export interface LmdbPages {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** The used part of a database of the package `lmdb`. No type of a driver is public. */
export interface LmdbDatabase<V, K> {
  get(key: K): V | undefined;
  put(key: K, value: V): Promise<boolean>;
  remove(key: K): Promise<boolean>;
  getKeys(range: { start?: unknown; end?: unknown; limit?: number }): Iterable<K>;
  getStats(): LmdbPages & { readonly pageSize: number; readonly root: LmdbPages; readonly free: LmdbPages };
}

/** The used part of an environment of the package `lmdb`. */
export interface LmdbEnvironment {
  openDB<V, K>(name: string, options: { encoding: string }): LmdbDatabase<V, K>;
  transaction<T>(work: () => T): Promise<T>;
  resetReadTxn(): void;
  close(): Promise<void>;
}

/** The used part of the package `lmdb`. */
export interface LmdbPackage {
  open(options: {
    path: string;
    mapSize: number;
    noSubdir: boolean;
    eventTurnBatching: boolean;
  }): LmdbEnvironment;
}

/** Size of LMDB's lock file, with its 126 readers. */
const LOCK_BYTES = 8272;

/** @throws Error that names the file or the folder, and the reason. */
export function openLmdb(lmdb: LmdbPackage, path: string, mapSize: number): LmdbEnvironment {
  makeFolder(resolve(path), 0o700);
  checkDataFile(join(path, 'data.mdb'));
  reserveLockFile(path);
  // With this option LMDB makes an own promise for each batch, whose rejection the store cannot handle.
  try {
    return lmdb.open({ path, mapSize, noSubdir: false, eventTurnBatching: false });
  } catch (error) {
    const cause = safeError(NAME, error);
    throw new StoreError(`LMDB cannot open the database in ${path}: ${cause.message}`, { cause });
  }
}

/**
 * Creates a folder and its parents. Only the folder itself gets `mode`. Not the recursive option of Node,
 * which may never return for a path that cannot be created.
 */
function makeFolder(path: string, mode?: number): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process has created the folder meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Creates the lock file with all its blocks. LMDB would create a sparse file and write to its memory map,
 * which ends the process with SIGBUS when the disk is full. The link is atomic: another process that opens
 * the database sees the whole file.
 *
 * @throws Error `ENOSPC` when the disk has no space for the file.
 */
function reserveLockFile(path: string): void {
  const lock = join(path, 'lock.mdb');
  if (hasAllBlocks(lock)) return;
  const whole = join(path, `lock.mdb.${process.pid}`);
  try {
    writeFileSync(whole, Buffer.alloc(LOCK_BYTES), { mode: 0o664 });
    if (!existsSync(lock)) linkSync(whole, lock);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    // Another process has created the file meanwhile, or the file system has no hard links: then LMDB creates
    // it.
    if (['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) return;
    throw new Error(`The LmdbSessionStore cannot create the file ${lock}: ${message}`, { cause: error });
  } finally {
    rmSync(whole, { force: true });
  }
}

function hasAllBlocks(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && stats.size >= LOCK_BYTES && stats.blocks * 512 >= stats.size;
}

/** @throws Error that contains the command to install the package, when it is missing. */
export function loadLmdb(): LmdbPackage {
  return loadDriver(NAME, { lmdb: () => createRequire(import.meta.url)('lmdb') as LmdbPackage });
}

/** The error of a write. Handles the promise in LMDB's error, whose rejection would end the process. */
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
