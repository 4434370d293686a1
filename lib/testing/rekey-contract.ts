import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import {
  attribute,
  attributes,
  readRecord,
  newKey,
  patchOf,
  recordOf,
  times,
  type Cases,
} from './contract-records.js';

/** Cases of a rekey. */
export const REKEY: Cases = {
  'moves a record to another key: the old key has no record, the new key has the new record': async (
    store,
  ) => {
    const [from, to] = [newKey(), newKey()];
    const next = recordOf({ userId: '"u1"' }, { principal: 'u1' });
    await store.create(from, recordOf({ cart: '[]' }));
    strictEqual(await store.rekey(from, to, next, null), 'applied');
    strictEqual(await store.load(from), null);
    deepStrictEqual(await store.load(to), next);
  },
  'returns collision for a rekey to a key in use': async (store) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, recordOf({ n: '1' }));
    await store.create(to, recordOf({ n: '2' }));
    strictEqual(await store.rekey(from, to, recordOf({ n: '3' }), null), 'collision');
    strictEqual(await attribute(store, from, 'n'), '1');
    strictEqual(await attribute(store, to, 'n'), '2');
  },
  'lets exactly one of 10 concurrent rekeys of one record succeed': async (store) => {
    const from = newKey();
    const targets = times(10, () => newKey());
    await store.create(from, recordOf({}));
    const results = await Promise.all(targets.map(async (to) => store.rekey(from, to, recordOf({}), null)));
    strictEqual(results.filter((result) => result === 'applied').length, 1);
    const records = await Promise.all(targets.map(async (to) => store.load(to)));
    strictEqual(records.filter((record) => record !== null).length, 1);
  },
};

/** Cases of the revision, which patches increase and `rekey` compares. */
export const REVISION: Cases = {
  'increases the revision with each patch that changes something, and with no other': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }, { revision: 7 }));
    const revisions = [(await readRecord(store, key))?.revision];
    for (const patch of [
      patchOf({}),
      patchOf({ n: ['1', '1'] }),
      patchOf({ n: ['0', '2'] }),
      patchOf({ n: ['1', '2'] }),
      patchOf({}, { principal: { from: null, to: 'u1' } }),
    ]) {
      await store.patch(key, patch);
      revisions.push((await readRecord(store, key))?.revision);
    }
    deepStrictEqual(revisions, [7, 7, 7, 7, 8, 9]);
  },
  'does not rekey a record of another revision, and returns its record as the conflict': async (store) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, recordOf({ n: '1' }));
    await store.patch(from, patchOf({ other: [null, '2'] }));
    const now = await readRecord(store, from);
    ok(now !== null);
    deepStrictEqual(await store.rekey(from, to, recordOf({}), 0), { conflict: now });
    strictEqual(await store.load(to), null);
    deepStrictEqual(await store.load(from), now);
    strictEqual(await store.rekey(from, to, recordOf({ n: '3' }), now.revision), 'applied');
    deepStrictEqual(await attributes(store, to), { n: '3' });
  },
  'loses no patch to a rekey in 20 races': async (store) => {
    for (let race = 0; race < 20; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordOf({}));
      const [moved, patched] = await Promise.all([
        store.rekey(from, to, recordOf({}), 0),
        store.patch(from, patchOf({ n: [null, '1'] })),
      ]);
      if (moved === 'applied') strictEqual(patched, 'missing');
      else {
        strictEqual(patched, 'applied');
        deepStrictEqual(await attributes(store, from), { n: '1' });
        strictEqual(await store.load(to), null);
      }
    }
  },
};
