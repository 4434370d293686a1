import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { attributes, held, newKey, patchOf, recordOf, times, type Questions } from './contract-records.js';

/** Numbers come first in an object, wherever they were put. */
const NAMES: readonly string[] = ['a', 'b', '7'];
const ORDERS = NAMES.flatMap((one) =>
  NAMES.flatMap((two) =>
    NAMES.filter((last) => new Set([one, two, last]).size === 3).map((last) => [one, two, last]),
  ),
);
const SUBSETS = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  NAMES.filter((_name, at) => (bits >> at) & 1),
);

/** What a patch changes, and when it changes nothing. */
export const NO_LOST_UPDATE: Questions = {
  'keeps all of 100 patches at once that each set another attribute': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({}));
    const answers = await Promise.all(
      times(100, async (n) => store.patch(key, patchOf({ [`k${n}`]: [null, String(n)] }))),
    );
    deepStrictEqual(new Set(answers), new Set(['applied']));
    deepStrictEqual(
      await attributes(store, key),
      Object.fromEntries(times(100, (n) => [`k${n}`, String(n)])),
    );
  },
  'applies nothing of a patch that was based on other values, and answers with what it holds': async (
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
  'takes an attribute that appeared, or is gone, for a conflict': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ here: '1' }));
    ok(typeof (await store.patch(key, patchOf({ here: [null, '2'] }))) === 'object');
    ok(typeof (await store.patch(key, patchOf({ gone: ['1', '2'] }))) === 'object');
    ok(typeof (await store.patch(key, patchOf({ gone: ['1', null] }))) === 'object');
  },
  'sets and removes attributes in whatever order a patch names them': async (store) => {
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
          new Map([...((await held(store, key))?.attributes ?? [])].sort()),
          new Map(left.sort().map((name) => [name, `"new ${name}"`])),
        );
      }
    }
  },
  'insists on an attribute that a patch names without changing it': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }));
    strictEqual(await store.patch(key, patchOf({ n: ['1', '1'], absent: [null, null] })), 'applied');
    ok(typeof (await store.patch(key, patchOf({ n: ['2', '2'], m: [null, '1'] }))) === 'object');
    deepStrictEqual(await attributes(store, key), { n: '1' });
  },
  'lets exactly one of 20 patches with the same base win': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '"base"' }));
    const answers = await Promise.all(
      times(20, async (n) => store.patch(key, patchOf({ n: ['"base"', String(n)] }))),
    );
    strictEqual(answers.filter((answer) => answer === 'applied').length, 1);
  },
};
