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

describe('a data file of the LmdbSessionStore that is damaged', () => {
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
  ])('that %s is refused by an error that names it', (_, damage, message) => {
    const path = copy();
    const file = join(path, 'data.mdb');
    damage(file);
    const open = (): void => new LmdbSessionStore({ path }).open();
    expect(open).toThrow(message);
    expect(open).toThrow(file);
  });

  it('is not what an intact or an empty file is taken for', async () => {
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

  it('is not what a file is taken for that ends before pages which are free', async () => {
    const path = copy();
    const store = new LmdbSessionStore({ path });
    const large = 'large' as SessionKey;
    // In one transaction: LMDB takes pages at the end of the file, frees them and never writes them.
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

  it('does not matter where it is the file of locks', async () => {
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

const pagesOf = (file: string, part: number): number =>
  Math.floor((statSync(file).size * part) / PAGE) * PAGE;

/** The last page of the newest snapshot, as the headers name it. */
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
