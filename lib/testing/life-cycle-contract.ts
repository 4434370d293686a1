import { deepStrictEqual, strictEqual } from 'node:assert';
import {
  attribute,
  attributes,
  newKey,
  patchOf,
  recordOf,
  times,
  type Questions,
} from './contract-records.js';

/** What becomes of one record, from `create` to `delete`. */
export const LIFE_CYCLE: Questions = {
  'answers null for a key that it never saw': async (store) => {
    strictEqual(await store.load(newKey()), null);
  },
  'gives back a record as it was created': async (store) => {
    const key = newKey();
    const record = recordOf({ userId: '"u1"', cart: '{"items":[1,2],"note":null}' }, { principal: 'u1' });
    strictEqual(await store.create(key, record), 'created');
    deepStrictEqual(await store.load(key), record);
  },
  'keeps records of different keys apart': async (store) => {
    const [one, other] = [newKey(), newKey()];
    await store.create(one, recordOf({ n: '1' }));
    await store.create(other, recordOf({ n: '2' }));
    await store.patch(one, patchOf({ n: ['1', '3'] }));
    strictEqual(await attribute(store, one, 'n'), '3');
    strictEqual(await attribute(store, other, 'n'), '2');
  },
  'never overwrites: create answers collision and leaves the record alone': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ owner: '"first"' }));
    strictEqual(await store.create(key, recordOf({ owner: '"second"' })), 'collision');
    strictEqual(await attribute(store, key, 'owner'), '"first"');
  },
  'lets exactly one of 20 creates of one key win': async (store) => {
    const key = newKey();
    const answers = await Promise.all(times(20, async (n) => store.create(key, recordOf({ n: String(n) }))));
    strictEqual(answers.filter((answer) => answer === 'created').length, 1);
    strictEqual(await attribute(store, key, 'n'), String(answers.indexOf('created')));
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
  'moves the expiry with a patch and with a touch, which changes nothing else': async (store) => {
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
  'deletes, and says so once': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({}));
    strictEqual(await store.delete(key), 'deleted');
    strictEqual(await store.load(key), null);
    strictEqual(await store.delete(key), 'missing');
  },
};

/** A record that was deleted stays deleted. */
export const NO_RESURRECTION: Questions = {
  'never creates: a patch, a touch and a rekey of a deleted record answer missing and leave nothing': async (
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
  'brings no session back in 50 races of patches with a delete': async (store) => {
    for (let race = 0; race < 50; race++) {
      const key = newKey();
      await store.create(key, recordOf({}));
      const writes = [
        () => store.patch(key, patchOf({ a: [null, '1'] })),
        () => store.delete(key),
        () => store.patch(key, patchOf({ b: [null, '2'] })),
        () => store.patch(key, patchOf({})),
      ];
      // Each of them begins first in some races.
      const first = race % writes.length;
      await Promise.all([...writes.slice(first), ...writes.slice(0, first)].map(async (write) => write()));
      strictEqual(await store.load(key), null);
    }
  },
};
