import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemorySessionStore, type SessionStore } from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';

/** The embedded stores, for `describe.each`: a function creates an empty store, and `dispose` closes it. */
export const STORES = [
  ['memory', () => ({ store: new MemorySessionStore() as SessionStore, dispose: async () => undefined })],
  ['lmdb', makeLmdb],
] as const;

function makeLmdb() {
  const path = mkdtempSync(join(tmpdir(), 'nest-session-'));
  const store = new LmdbSessionStore({ path });
  return {
    store: store as SessionStore,
    dispose: async () => {
      await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
