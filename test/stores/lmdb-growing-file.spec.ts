import { jest } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionKey, SessionRecord } from 'nest-session';

/** The change of another process to the file, before the next read. */
let meanwhile: (() => void) | null = null;
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  readSync(...given: Parameters<typeof fs.readSync>) {
    meanwhile?.();
    return fs.readSync(...given);
  },
}));
const { LmdbSessionStore } = await import('nest-session/lmdb');

const folder = fs.mkdtempSync(join(tmpdir(), 'nest-session-growing-'));

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('a data file of the LmdbSessionStore that another process extends', () => {
  it('is not rejected as truncated', async () => {
    const key = 'key' as SessionKey;
    const first = new LmdbSessionStore({ path: folder });
    await first.create(key, record());
    await first.close();
    const file = join(folder, 'data.mdb');
    const whole = fs.readFileSync(file);
    fs.truncateSync(file, 3 * 4096);
    meanwhile = () => {
      meanwhile = null;
      fs.writeFileSync(file, whole);
    };
    const store = new LmdbSessionStore({ path: folder });
    expect(await store.load(key)).not.toBeNull();
    expect(meanwhile).toBeNull();
    await store.close();
  });
});

function record(): SessionRecord {
  const attributes = new Map([['n', '1']]);
  return { createdAt: 1, touchedAt: 1, expiresAt: 2, principal: null, revision: 0, attributes };
}
