import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import {
  attribute,
  attributes,
  held,
  newKey,
  patchOf,
  recordOf,
  times,
  type Questions,
} from './contract-records.js';

/** A session moves to another key. */
export const REKEY: Questions = {
  'moves to another key in one step: the old one is gone, the new one holds the new record': async (
    store,
  ) => {
    const [from, to] = [newKey(), newKey()];
    const next = recordOf({ userId: '"u1"' }, { principal: 'u1' });
    await store.create(from, recordOf({ cart: '[]' }));
    strictEqual(await store.rekey(from, to, next, null), 'applied');
    strictEqual(await store.load(from), null);
    deepStrictEqual(await store.load(to), next);
  },
  'does not rekey onto a key in use': async (store) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, recordOf({ n: '1' }));
    await store.create(to, recordOf({ n: '2' }));
    strictEqual(await store.rekey(from, to, recordOf({ n: '3' }), null), 'collision');
    strictEqual(await attribute(store, from, 'n'), '1');
    strictEqual(await attribute(store, to, 'n'), '2');
  },
  'lets exactly one of 10 rekeys of one record win': async (store) => {
    const from = newKey();
    const targets = times(10, () => newKey());
    await store.create(from, recordOf({}));
    const answers = await Promise.all(targets.map(async (to) => store.rekey(from, to, recordOf({}), null)));
    strictEqual(answers.filter((answer) => answer === 'applied').length, 1);
    const records = await Promise.all(targets.map(async (to) => store.load(to)));
    strictEqual(records.filter((record) => record !== null).length, 1);
  },
};

/** What revisions count, and what `rekey` makes of them. */
export const REVISION: Questions = {
  'counts the patches that change anything, and no others': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }, { revision: 7 }));
    const revisions = [(await held(store, key))?.revision];
    for (const patch of [
      patchOf({}),
      patchOf({ n: ['1', '1'] }),
      patchOf({ n: ['0', '2'] }),
      patchOf({ n: ['1', '2'] }),
      patchOf({}, { principal: { from: null, to: 'u1' } }),
    ]) {
      await store.patch(key, patch);
      revisions.push((await held(store, key))?.revision);
    }
    deepStrictEqual(revisions, [7, 7, 7, 7, 8, 9]);
  },
  'does not rekey a record of another revision, and answers with what it holds': async (store) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, recordOf({ n: '1' }));
    await store.patch(from, patchOf({ other: [null, '2'] }));
    const now = await held(store, from);
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
