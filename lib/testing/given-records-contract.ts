import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionRecord } from '../core/store/session-record.js';
import { held, newKey, patchOf, recordOf, type Questions } from './contract-records.js';

/** A record that shares nothing with the one that was given. */
const copyOf = (record: SessionRecord): SessionRecord => ({
  ...record,
  attributes: new Map(record.attributes),
});

/** Whose the records are that a store gets and gives out. */
export const GIVEN_RECORDS: Questions = {
  'is not changed by what callers do later to a record or a patch that they gave': async (store) => {
    const [key, other] = [newKey(), newKey()];
    const texts = (record: SessionRecord): Map<string, string> => record.attributes as Map<string, string>;
    const [created, moved] = [recordOf({ n: '1' }), recordOf({ n: '3' })];
    await store.create(key, created);
    texts(created).set('n', '9');
    strictEqual((await held(store, key))?.attributes.get('n'), '1');
    const patch = patchOf({ n: ['1', '2'] });
    await store.patch(key, patch);
    (patch.changes as Map<string, unknown>).set('n', { from: '2', to: '9' });
    strictEqual((await held(store, key))?.attributes.get('n'), '2');
    await store.rekey(key, other, moved, null);
    texts(moved).set('n', '9');
    strictEqual((await held(store, other))?.attributes.get('n'), '3');
  },
  'never changes a record that it has given out, whatever becomes of the session': async (store) => {
    const [key, other] = [newKey(), newKey()];
    const record = recordOf({ n: '1', theme: '"dark"' });
    await store.create(key, record);
    const givenOut: { readonly from: string; readonly given: SessionRecord; readonly then: SessionRecord }[] =
      [];
    const take = (from: string, given: unknown): void => {
      ok(typeof given === 'object' && given !== null, `${from} gave no record`);
      givenOut.push({ from, given: given as SessionRecord, then: copyOf(given as SessionRecord) });
    };
    const takeAll = async (where: typeof key): Promise<void> => {
      take('load', await store.load(where));
      const late = await store.patch(where, patchOf({ n: ['0', '5'] }));
      take('the conflict of patch', (late as { conflict?: unknown }).conflict);
      const refused = await store.rekey(where, newKey(), record, 77);
      take('the conflict of rekey', (refused as { conflict?: unknown }).conflict);
    };
    const check = (after: string): void => {
      for (const { from, given, then } of givenOut)
        deepStrictEqual(given, then, `a record that ${from} gave changed with ${after}`);
    };
    await takeAll(key);
    await store.patch(key, patchOf({}, { touchedAt: record.touchedAt + 5, expiresAt: record.expiresAt + 5 }));
    check('a touch');
    await takeAll(key);
    const changes = { n: ['1', '2'], theme: ['"dark"', null], more: [null, '1'] } as const;
    strictEqual(await store.patch(key, patchOf(changes)), 'applied');
    check('a patch');
    await takeAll(key);
    strictEqual(await store.rekey(key, other, recordOf({ n: '1' }), null), 'applied');
    check('a rekey');
    await takeAll(other);
    strictEqual(await store.delete(other), 'deleted');
    check('a delete');
  },
};
