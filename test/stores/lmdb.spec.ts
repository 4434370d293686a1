import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { describeStoreContract } from 'nest-session/testing';

const folder = mkdtempSync(join(tmpdir(), 'nest-session-lmdb-'));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStoreContract('LmdbSessionStore', {
  runner: { describe, it, beforeEach, afterEach },
  create: () => new LmdbSessionStore({ path: join(folder, String(count++)) }),
  dispose: (store) => (store as LmdbSessionStore).close(),
});
