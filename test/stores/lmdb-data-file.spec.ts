import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionKey, SessionRecord } from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';

const PAGE = 4096;
const folder = mkdtempSync(join(tmpdir(), 'nest-session-data-'));
const intact = join(folder, 'intact');
let count = 0;

/** Enough sessions for several levels of pages, and some large ones. */
beforeAll(async () => {
  const store = new LmdbSessionStore({ path: intact });
  const sizes = [...Array.from({ length: 500 }, () => 200), 50_000, 50_000];
  await Promise.all(sizes.map((size, n) => store.create(`key${n}` as SessionKey, record(size))));
  await store.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what the LmdbSessionStore rejects as a damaged data file', () => {
  it.each<[string, (file: string) => void, RegExp]>([
    ['is garbage', (file) => writeFileSync(file, Buffer.alloc(100_000, 0xa5)), /no LMDB header at byte 0/],
    ['is a text', (file) => writeFileSync(file, 'sessions\n'), /ends after 9 bytes/],
    ['is one byte', (file) => writeFileSync(file, 'x'), /ends after 1 byte/],
    ['ends in its second page', (file) => truncateSync(file, PAGE + 10), /ends after 4106 bytes/],
    ['has lost its first page', (file) => overwrite(file, 0, PAGE), /no LMDB header at byte 0/],
    ['has lost its second page', (file) => overwrite(file, PAGE, PAGE), /no LMDB header at byte 4096/],
    ['has another version', (file) => overwrite(file, 28, 1, 9), /its format is 9, expected 2/],
    ['has an impossible page size', (file) => overwrite(file, 49, 1, 0x11), /its page size is 4352/],
    ['is cut to its headers', (file) => truncateSync(file, 2 * PAGE), /truncated/],
    ['is cut to a half', (file) => truncateSync(file, pagesOf(file, 0.5)), /truncated/],
    ['has lost a tenth', (file) => truncateSync(file, pagesOf(file, 0.9)), /truncated/],
    ['has nothing but zeros after its headers', (file) => overwrite(file, 2 * PAGE), /page \d+ is damaged/],
  ])('includes a file that %s: open() throws an error that names the file', (_, damage, message) => {
    const path = copy();
    const file = join(path, 'data.mdb');
    damage(file);
    const open = (): void => new LmdbSessionStore({ path }).open();
    expect(open).toThrow(message);
    expect(open).toThrow(file);
  });

  it('does not include an intact file and an empty file', async () => {
    const [path, empty] = [copy(), copy()];
    writeFileSync(join(empty, 'data.mdb'), '');
    for (const [at, found] of [
      [path, true],
      [empty, false],
    ] as const) {
      const store = new LmdbSessionStore({ path: at });
      expect((await store.load('key1' as SessionKey)) !== null).toBe(found);
      await store.close();
    }
  });

  it('does not include a file that ends before its free pages', async () => {
    const path = copy();
    const store = new LmdbSessionStore({ path });
    const large = 'large' as SessionKey;
    // In one transaction LMDB allocates pages at the end of the file, frees them, and never writes them.
    for (let n = 0; n < 2; n++)
      await Promise.all([store.create(large, record(2_000_000)), store.delete(large)]);
    await store.close();
    const file = join(path, 'data.mdb');
    expect(statSync(file).size).toBeLessThan((lastPageOf(file) + 1) * PAGE);
    const reopened = new LmdbSessionStore({ path });
    expect(await reopened.load('key1' as SessionKey)).not.toBeNull();
    expect(await reopened.create(large, record(2_000_000))).toBe('created');
    await reopened.close();
  });

  it('does not include a file whose newest snapshot was lost in a power cut', async () => {
    const path = copy();
    loseNewest(path);
    const store = new LmdbSessionStore({ path });
    expect(await store.load('key1' as SessionKey)).not.toBeNull();
    expect(await store.create('after' as SessionKey, record(200))).toBe('created');
    await store.close();
  });

  it('includes a file that lost its newest snapshot without a power cut', () => {
    const path = copy();
    loseNewest(path, readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'));
    expect(() => new LmdbSessionStore({ path }).open()).toThrow(/truncated/);
  });

  it('includes a file whose snapshot before a power cut is damaged too', () => {
    const path = copy();
    loseNewest(path);
    truncateSync(join(path, 'data.mdb'), 2 * PAGE);
    expect(() => new LmdbSessionStore({ path }).open()).toThrow(/truncated/);
  });

  it('does not include a damaged lock file', async () => {
    const path = copy();
    writeFileSync(join(path, 'lock.mdb'), Buffer.alloc(8272, 0xa5));
    const store = new LmdbSessionStore({ path });
    expect(await store.load('key1' as SessionKey)).not.toBeNull();
    await store.close();
  });
});

function copy(): string {
  const path = join(folder, String(count++));
  cpSync(intact, path, { recursive: true });
  return path;
}

function overwrite(
  file: string,
  at: number,
  length: number = statSync(file).size - at,
  byte: number = 0,
): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(length, byte), 0, length, at);
  closeSync(fd);
}

/**
 * Makes a file as a power cut leaves it: the newest header was written before the pages that it names. The
 * last one whose pages were written is in the middle of the first page.
 */
function loseNewest(path: string, boot: string = '1234abcd-'): void {
  const file = join(path, 'data.mdb');
  const bytes = readFileSync(file);
  const metas = [24, PAGE + 24].map((at) => bytes.subarray(at, at + 144));
  const [older, newest] = metas.sort((a, b) => Number(a.readBigUInt64LE(128) - b.readBigUInt64LE(128)));
  newest!.copy(bytes, PAGE / 2 + 24);
  bytes.writeUInt16LE(bytes.readUInt16LE(PAGE / 2 + 24 + 28) & ~0x1000, PAGE / 2 + 24 + 28);
  for (const [meta, ahead] of [
    [older!, 1n],
    [newest!, 2n],
  ] as const) {
    meta.writeUInt16LE(meta.readUInt16LE(28) | 0x1000, 28);
    meta.writeBigUInt64LE(999_999n, 112);
    meta.writeBigUInt64LE(bytes.readBigUInt64LE(PAGE / 2 + 24 + 128) + ahead, 128);
    meta.writeBigInt64LE(BigInt(parseInt(boot, 16)), 136);
  }
  writeFileSync(file, bytes);
}

const pagesOf = (file: string, part: number): number =>
  Math.floor((statSync(file).size * part) / PAGE) * PAGE;

/** The last page of the newest snapshot, from the headers. */
function lastPageOf(file: string): number {
  const bytes = readFileSync(file);
  const [first, second] = [24, PAGE + 24].map((at) => bytes.subarray(at));
  const newest = first!.readBigUInt64LE(128) > second!.readBigUInt64LE(128) ? first! : second!;
  return Number(newest.readBigUInt64LE(120));
}

function record(length: number): SessionRecord {
  const attributes = new Map([['text', JSON.stringify('x'.repeat(length))]]);
  return { createdAt: 1, touchedAt: 1, expiresAt: 2, principal: null, revision: 0, attributes };
}
