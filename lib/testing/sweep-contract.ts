import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import { type ExpirySweeper, isExpirySweeper, type SessionStore } from '../core/store/session-store.js';
import { newKey, patchOf, recordOf, times, type Questions } from './contract-records.js';
import { FakeClock } from './fake-clock.js';

const RACES = 20;

type SweepingStore = SessionStore & ExpirySweeper;

/** The same questions, for a store whose options say that it sweeps. */
export function askSweeper(questions: Questions<SweepingStore>): Questions {
  return Object.fromEntries(
    Object.entries(questions).map(([title, question]) => [
      title,
      async (store: SessionStore) => {
        ok(isExpirySweeper(store), 'the store has no deleteExpired(): tell the contract with sweeps: false');
        await question(store);
      },
    ]),
  );
}

/** For a store whose options say that it does not sweep: the engine would call what nobody has asked. */
export const NO_SWEEP: Questions = {
  'has no deleteExpired(), as sweeps: false says': async (store) => {
    ok(!isExpirySweeper(store), 'the store has deleteExpired(): leave sweeps: false out');
  },
};

/** What an `ExpirySweeper` promises. */
export const SWEEP: Questions<SweepingStore> = {
  'removes what was over at the given instant, in batches, and nothing else': async (store) => {
    const clock = new FakeClock();
    const records = times(12, (n) => ({
      key: newKey(),
      record: recordOf({}, { expiresAt: clock.now() + 1_000_000 + n }),
    }));
    for (const { key, record } of records) await store.create(key, record);
    const before = clock.now() + 1_000_000 + 9;
    strictEqual(await store.deleteExpired(before, 4), 4);
    strictEqual(await store.deleteExpired(before, 100), 6);
    strictEqual(await store.deleteExpired(before, 100), 0);
    const left = await Promise.all(records.map(async ({ key }) => store.load(key)));
    deepStrictEqual(
      left.map((record) => record !== null),
      times(12, (n) => n >= 10),
    );
  },
  'does not sweep by an expiry that was moved, nor by that of a record that was deleted': async (store) => {
    const [moved, deleted] = [newKey(), newKey()];
    const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
    await store.create(moved, soon);
    await store.create(deleted, soon);
    await store.patch(moved, { ...patchOf({}), expiresAt: soon.expiresAt + 5_000 });
    await store.delete(deleted);
    strictEqual(await store.deleteExpired(soon.expiresAt + 1_000, 100), 0);
    ok((await store.load(moved)) !== null);
  },
  [`does not sweep a record whose expiry is moved meanwhile, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
      const keys = await createAll(store, 20, soon);
      const touch = { ...patchOf({}), expiresAt: soon.expiresAt + 5_000 };
      let swept = 0;
      const writes: (() => Promise<unknown>)[] = keys.map((key) => async () => store.patch(key, touch));
      // The sweep begins first, last or among the touches.
      const at = [0, keys.length / 2, keys.length][race % 3]!;
      writes.splice(at, 0, async () => (swept = await store.deleteExpired(soon.expiresAt, 100)));
      const outcomes = (await Promise.all(writes.map(async (write) => write()))).toSpliced(at, 1);
      const alive = await Promise.all(keys.map(async (key) => (await store.load(key)) !== null));
      deepStrictEqual(
        alive,
        outcomes.map((outcome) => outcome === 'applied'),
      );
      strictEqual(swept, outcomes.filter((outcome) => outcome === 'missing').length);
      for (const key of keys) await store.delete(key);
    }
  },
  'counts each record once in three concurrent sweeps': async (store) => {
    const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
    const keys = await createAll(store, 30, soon);
    const sweep = (limit: number): Promise<number> => store.deleteExpired(soon.expiresAt, limit);
    const counts = await Promise.all([sweep(100), sweep(20), sweep(100)]);
    // One that found another at work may have left it all to that one.
    counts.push(await sweep(100));
    strictEqual(
      counts.reduce((sum, count) => sum + count),
      keys.length,
    );
    strictEqual(await sweep(100), 0);
  },
};

async function createAll(store: SessionStore, count: number, record: SessionRecord): Promise<SessionKey[]> {
  const keys = times(count, () => newKey());
  await Promise.all(keys.map(async (key) => store.create(key, record)));
  return keys;
}
