import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { attributes, readRecord, newKey, patchOf, recordOf, times, type Cases } from './contract-records.js';

/** Names in an unusual order: an object lists names that are numbers first. */
const NAMES: readonly string[] = ['a', 'b', '7'];
const ORDERS = NAMES.flatMap((one) =>
  NAMES.flatMap((two) =>
    NAMES.filter((last) => new Set([one, two, last]).size === 3).map((last) => [one, two, last]),
  ),
);
const SUBSETS = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  NAMES.filter((_name, at) => (bits >> at) & 1),
);

/** Cases of concurrent and conflicting patches. */
export const NO_LOST_UPDATE: Cases = {
  'keeps the changes of 100 concurrent patches that each set another attribute': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({}));
    const results = await Promise.all(
      times(100, async (n) => store.patch(key, patchOf({ [`k${n}`]: [null, String(n)] }))),
    );
    deepStrictEqual(new Set(results), new Set(['applied']));
    deepStrictEqual(
      await attributes(store, key),
      Object.fromEntries(times(100, (n) => [`k${n}`, String(n)])),
    );
  },
  'applies nothing of a patch that is based on other values, and returns its record as the conflict': async (
    store,
  ) => {
    const key = newKey();
    const record = recordOf({ cart: '{"a":1}', theme: '"dark"' });
    await store.create(key, record);
    const later = { touchedAt: record.touchedAt + 5, expiresAt: record.expiresAt + 5 };
    const changes = { theme: ['"dark"', '"light"'], cart: ['{}', '{"b":2}'] } as const;
    const late = await store.patch(key, patchOf(changes, later));
    deepStrictEqual(late, { conflict: record });
    deepStrictEqual(await store.load(key), record);
  },
  'returns a conflict for an attribute that was added or removed meanwhile': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ here: '1' }));
    ok(typeof (await store.patch(key, patchOf({ here: [null, '2'] }))) === 'object');
    ok(typeof (await store.patch(key, patchOf({ gone: ['1', '2'] }))) === 'object');
    ok(typeof (await store.patch(key, patchOf({ gone: ['1', null] }))) === 'object');
  },
  'sets and removes attributes in any order of the changes of a patch': async (store) => {
    const attributes = new Map(NAMES.map((name) => [name, `"old ${name}"`]));
    for (const order of ORDERS) {
      for (const removed of SUBSETS) {
        const key = newKey();
        await store.create(key, recordOf({}, { attributes }));
        const toOf = (name: string) => (removed.includes(name) ? null : `"new ${name}"`);
        const changes = new Map(order.map((name) => [name, { from: `"old ${name}"`, to: toOf(name) }]));
        strictEqual(await store.patch(key, patchOf({}, { changes })), 'applied');
        const left = order.filter((name) => !removed.includes(name));
        deepStrictEqual(
          new Map([...((await readRecord(store, key))?.attributes ?? [])].sort()),
          new Map(left.sort().map((name) => [name, `"new ${name}"`])),
        );
      }
    }
  },
  'compares an attribute that a patch names without changing it': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }));
    strictEqual(await store.patch(key, patchOf({ n: ['1', '1'], absent: [null, null] })), 'applied');
    ok(typeof (await store.patch(key, patchOf({ n: ['2', '2'], m: [null, '1'] }))) === 'object');
    deepStrictEqual(await attributes(store, key), { n: '1' });
  },
  'lets exactly one of 20 concurrent patches with the same base succeed': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '"base"' }));
    const results = await Promise.all(
      times(20, async (n) => store.patch(key, patchOf({ n: ['"base"', String(n)] }))),
    );
    strictEqual(results.filter((result) => result === 'applied').length, 1);
  },
};
