import { deepStrictEqual, strictEqual } from 'node:assert';
import { attribute, attributes, newKey, patchOf, recordOf, times, type Cases } from './contract-records.js';

/** Cases of one record, from `create` to `delete`. */
export const LIFE_CYCLE: Cases = {
  'loads null for an unknown key': async (store) => {
    strictEqual(await store.load(newKey()), null);
  },
  'loads a record exactly as it was created': async (store) => {
    const key = newKey();
    const record = recordOf({ userId: '"u1"', cart: '{"items":[1,2],"note":null}' }, { principal: 'u1' });
    strictEqual(await store.create(key, record), 'created');
    deepStrictEqual(await store.load(key), record);
  },
  'keeps records of different keys separate': async (store) => {
    const [one, other] = [newKey(), newKey()];
    await store.create(one, recordOf({ n: '1' }));
    await store.create(other, recordOf({ n: '2' }));
    await store.patch(one, patchOf({ n: ['1', '3'] }));
    strictEqual(await attribute(store, one, 'n'), '3');
    strictEqual(await attribute(store, other, 'n'), '2');
  },
  'returns collision for create with a key in use, and leaves its record unchanged': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ owner: '"first"' }));
    strictEqual(await store.create(key, recordOf({ owner: '"second"' })), 'collision');
    strictEqual(await attribute(store, key, 'owner'), '"first"');
  },
  'lets exactly one of 20 concurrent creates of one key succeed': async (store) => {
    const key = newKey();
    const results = await Promise.all(times(20, async (n) => store.create(key, recordOf({ n: String(n) }))));
    strictEqual(results.filter((result) => result === 'created').length, 1);
    strictEqual(await attribute(store, key, 'n'), String(results.indexOf('created')));
  },
  'sets, replaces and removes attributes in one patch': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ stay: '1', change: '2', go: '3' }));
    strictEqual(
      await store.patch(key, patchOf({ change: ['2', '20'], go: ['3', null], come: [null, '4'] })),
      'applied',
    );
    deepStrictEqual(await attributes(store, key), { stay: '1', change: '20', come: '4' });
  },
  'moves the expiry with a touch, which changes nothing else': async (store) => {
    const key = newKey();
    const record = recordOf({ n: '1' });
    await store.create(key, record);
    const touch = patchOf({}, { touchedAt: record.touchedAt + 10, expiresAt: record.expiresAt + 10 });
    strictEqual(await store.patch(key, touch), 'applied');
    deepStrictEqual(await store.load(key), {
      ...record,
      touchedAt: touch.touchedAt,
      expiresAt: touch.expiresAt,
    });
  },
  'returns deleted for the first delete, and missing for the second': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({}));
    strictEqual(await store.delete(key), 'deleted');
    strictEqual(await store.load(key), null);
    strictEqual(await store.delete(key), 'missing');
  },
};

/** Cases: no operation restores a deleted record. */
export const NO_RESURRECTION: Cases = {
  'returns missing for a patch, a touch and a rekey of a deleted record, and creates nothing': async (
    store,
  ) => {
    const [key, other] = [newKey(), newKey()];
    await store.create(key, recordOf({ n: '1' }));
    await store.delete(key);
    strictEqual(await store.patch(key, patchOf({ n: ['1', '2'] })), 'missing');
    strictEqual(await store.patch(key, patchOf({})), 'missing');
    strictEqual(await store.rekey(key, other, recordOf({ n: '1' }), null), 'missing');
    strictEqual(await store.load(key), null);
    strictEqual(await store.load(other), null);
  },
  'restores no session in 50 races of patches with a delete': async (store) => {
    for (let race = 0; race < 50; race++) {
      const key = newKey();
      await store.create(key, recordOf({}));
      const writes = [
        () => store.patch(key, patchOf({ a: [null, '1'] })),
        () => store.delete(key),
        () => store.patch(key, patchOf({ b: [null, '2'] })),
        () => store.patch(key, patchOf({})),
      ];
      // Each write starts first in some races.
      const first = race % writes.length;
      await Promise.all([...writes.slice(first), ...writes.slice(0, first)].map(async (write) => write()));
      strictEqual(await store.load(key), null);
    }
  },
};
