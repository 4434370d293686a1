import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import { type ExpirySweeper, isExpirySweeper, type SessionStore } from '../core/store/session-store.js';
import { newKey, patchOf, recordOf, requiring, times, type Cases } from './contract-records.js';
import { FakeClock } from './fake-clock.js';

const RACES = 20;

type SweepingStore = SessionStore & ExpirySweeper;

/**
 * The case of a store with the option `sweeps: false`: the engine would call an untested `deleteExpired()`.
 */
export const NO_SWEEP: Cases = {
  'has no deleteExpired() with sweeps: false': async (store) => {
    ok(!isExpirySweeper(store), 'The store has deleteExpired(). Remove the option sweeps: false.');
  },
};

const SWEEP_CASES: Cases<SweepingStore> = {
  'removes the records that expired by the given instant, in batches, and no others': async (store) => {
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
  'ignores the former expiry of a record whose expiry was moved, and of a deleted record': async (store) => {
    const [moved, deleted] = [newKey(), newKey()];
    const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
    await store.create(moved, soon);
    await store.create(deleted, soon);
    await store.patch(moved, { ...patchOf({}), expiresAt: soon.expiresAt + 5_000 });
    await store.delete(deleted);
    strictEqual(await store.deleteExpired(soon.expiresAt + 1_000, 100), 0);
    ok((await store.load(moved)) !== null);
  },
  [`does not remove a record whose expiry is moved concurrently, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
      const keys = await createAll(store, 20, soon);
      const touch = { ...patchOf({}), expiresAt: soon.expiresAt + 5_000 };
      let swept = 0;
      const writes: (() => Promise<unknown>)[] = keys.map((key) => async () => store.patch(key, touch));
      // The sweep starts first, last or among the touches.
      const at = [0, keys.length / 2, keys.length][race % 3]!;
      writes.splice(at, 0, async () => (swept = await store.deleteExpired(soon.expiresAt, 100)));
      const results = (await Promise.all(writes.map(async (write) => write()))).toSpliced(at, 1);
      const alive = await Promise.all(keys.map(async (key) => (await store.load(key)) !== null));
      deepStrictEqual(
        alive,
        results.map((result) => result === 'applied'),
      );
      strictEqual(swept, results.filter((result) => result === 'missing').length);
      for (const key of keys) await store.delete(key);
    }
  },
  'counts each record once in three concurrent sweeps': async (store) => {
    const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
    const keys = await createAll(store, 30, soon);
    const sweep = (limit: number): Promise<number> => store.deleteExpired(soon.expiresAt, limit);
    const counts = await Promise.all([sweep(100), sweep(20), sweep(100)]);
    // A sweep that finds another one running may leave all records to it.
    counts.push(await sweep(100));
    strictEqual(
      counts.reduce((sum, count) => sum + count),
      keys.length,
    );
    strictEqual(await sweep(100), 0);
  },
};

/** Cases of an `ExpirySweeper`. */
export const SWEEP = requiring(
  (store): store is SweepingStore => isExpirySweeper(store),
  'The store has no deleteExpired(). Set the option sweeps: false.',
  SWEEP_CASES,
);

async function createAll(store: SessionStore, count: number, record: SessionRecord): Promise<SessionKey[]> {
  const keys = times(count, () => newKey());
  await Promise.all(keys.map(async (key) => store.create(key, record)));
  return keys;
}
