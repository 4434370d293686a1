import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** Constants of the LMDB data format 2 on 64-bit machines. All numbers are little endian. */
const PAGE_HEADER = 24;
const META_LENGTH = 144;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const [BRANCH, LEAF, META] = [1, 2, 8];
const [BIG_VALUE, SUB_DATABASE] = [1, 2];
/** Flag: the pages of this snapshot may not be on the disk yet. */
const NOT_SYNCED = 0x1000;
const NO_PAGE = 2n ** 64n - 1n;
/** A concurrent write of another process moves pages. Then the check starts again. */
const MAX_ATTEMPTS = 10;

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly isSynced: boolean;
  /** Id of the machine's boot in which the snapshot was written. */
  readonly boot: bigint;
  /** The root pages of the free list and of the main database. */
  readonly roots: readonly bigint[];
}

interface DataFile {
  readonly fd: number;
  readonly size: number;
}

/**
 * Checks a data file before LMDB maps it. LMDB ends the process with a signal when the file is damaged.
 *
 * A missing or empty file is valid: LMDB creates a new database. Values inside pages are not checked.
 *
 * @throws Error that names the file and the damage.
 */
export function checkDataFile(path: string): void {
  const fd = openIfExists(path);
  if (fd === null) return;
  try {
    const fault = faultOf(fd);
    if (fault === null) return;
    throw new Error(
      `The file ${path} is not an intact LMDB database: ${fault}. ` +
        'Restore it from a backup, or move it away to start without sessions.',
    );
  } finally {
    closeSync(fd);
  }
}

function openIfExists(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function faultOf(fd: number): string | null {
  if (fstatSync(fd).size === 0) return null;
  for (let attempt = 1; ; attempt++) {
    const newest = newestMeta(fileOf(fd));
    if (typeof newest === 'string') return newest;
    // Reads the size after the meta: another process may have written pages, and then the meta that refers to
    // them.
    const file = fileOf(fd);
    const fault = faultOfPages(file, metaToOpen(file, newest));
    if (fault === null) return null;
    const now = newestMeta(file);
    const isWritten = typeof now !== 'string' && now.transaction !== newest.transaction;
    if (!isWritten) return fault;
    // Another process commits to the file right now, so it has opened the file, and the file is intact.
    if (attempt === MAX_ATTEMPTS) return null;
  }
}

const fileOf = (fd: number): DataFile => ({ fd, size: fstatSync(fd).size });

/** The newer one of both metas, or a description of the damage. */
function newestMeta(file: DataFile): Meta | string {
  const first = readMeta(file, 0);
  if (typeof first === 'string') return first;
  const second = readMeta(file, first.pageSize);
  if (typeof second === 'string') return second;
  return second.transaction > first.transaction ? second : first;
}

/**
 * After a power cut LMDB opens the last snapshot on the disk: its meta is in the middle of the first page.
 */
function metaToOpen(file: DataFile, newest: Meta): Meta {
  if (newest.isSynced || newest.boot === thisBoot()) return newest;
  const page = readAt(file, newest.pageSize / 2, PAGE_HEADER + META_LENGTH);
  const synced = page && decodeMeta(page.subarray(PAGE_HEADER));
  return synced !== null && synced.transaction > 0n && synced.transaction < newest.transaction
    ? synced
    : newest;
}

/** The boot id as LMDB reads it on Linux; `null` on other systems. */
function thisBoot(): bigint | null {
  try {
    return BigInt(parseInt(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'), 16));
  } catch {
    return null;
  }
}

function readMeta(file: DataFile, at: number): Meta | string {
  const page = readAt(file, at, PAGE_HEADER + META_LENGTH);
  if (page === null) return `it ends after ${file.size} bytes, inside its header`;
  const meta = page.subarray(PAGE_HEADER);
  const version = meta.readUInt32LE(4) & 0xffff;
  if ((page.readUInt16LE(18) & META) === 0 || meta.readUInt32LE(0) !== MAGIC)
    return `there is no LMDB header at byte ${at}`;
  if (version !== VERSION) return `its format is ${version}, expected ${VERSION}`;
  const decoded = decodeMeta(meta);
  const { pageSize } = decoded;
  if (pageSize < 256 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    return `its page size is ${pageSize}`;
  return decoded;
}

const decodeMeta = (meta: Buffer): Meta => ({
  pageSize: meta.readUInt32LE(24),
  lastPage: Number(meta.readBigUInt64LE(120)),
  transaction: meta.readBigUInt64LE(128),
  isSynced: (meta.readUInt16LE(28) & NOT_SYNCED) === 0,
  boot: meta.readBigInt64LE(136),
  roots: [meta.readBigUInt64LE(64), meta.readBigUInt64LE(112)],
});

/**
 * Checks the roots only, unless the file ends before its last page. Such a file is not always truncated,
 * because LMDB never writes pages that one transaction has allocated and freed. Then all pages in use are
 * checked.
 */
function faultOfPages(file: DataFile, { pageSize, lastPage, roots }: Meta): string | null {
  const pages = Math.floor(file.size / pageSize);
  const isShort = lastPage >= pages;
  const open = roots.filter((root) => root !== NO_PAGE);
  for (let visited = 0; open.length > 0; visited++) {
    const number = open.pop()!;
    const page = number < pages ? readAt(file, Number(number) * pageSize, pageSize) : null;
    if (page === null || visited > pages) return truncated(file, number, pageSize);
    const kind = page.readUInt16LE(18) & (BRANCH | LEAF);
    if (kind === 0 || page.readBigUInt64LE(0) !== number) return `page ${number} is damaged`;
    if (!isShort) continue;
    const children = childrenOf(page, kind);
    if (children === null) return `page ${number} is damaged`;
    for (const [first, count] of children) {
      if (count === null) open.push(first);
      else if (first + count > pages) return truncated(file, first + count - 1n, pageSize);
    }
  }
  return null;
}

const truncated = (file: DataFile, page: bigint, pageSize: number): string =>
  `it is truncated: it has ${file.size} bytes and needs ${(page + 1n) * BigInt(pageSize)} or more`;

/** A page of the tree (`count` is `null`), or a run of pages with one large value. */
type Child = readonly [first: bigint, count: bigint | null];

/** The pages that a page refers to; `null` when the page is damaged. */
function childrenOf(page: Buffer, kind: number): Child[] | null {
  try {
    return [...readChildren(page, kind)];
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function* readChildren(page: Buffer, kind: number): Generator<Child> {
  const count = (page.readUInt16LE(20) - PAGE_HEADER) >> 1;
  for (let n = 0; n < count; n++) {
    const node = page.subarray(page.readUInt16LE(PAGE_HEADER + 2 * n));
    const flags = node.readUInt16LE(4);
    if (kind === BRANCH) {
      yield [BigInt(node.readUInt32LE(0)) | (BigInt(flags) << 32n), null];
      continue;
    }
    const value = node.subarray(8 + node.readUInt16LE(6));
    if ((flags & BIG_VALUE) !== 0) yield [value.readBigUInt64LE(0), value.readBigUInt64LE(16)];
    if ((flags & SUB_DATABASE) === 0) continue;
    const root = value.readBigUInt64LE(40);
    if (root !== NO_PAGE) yield [root, null];
  }
}

/** Bytes at a position; `null` when the file is too short. */
function readAt({ fd }: DataFile, at: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  return readSync(fd, bytes, 0, length, at) === length ? bytes : null;
}
