import { strictEqual } from 'node:assert';
import type { SessionStore } from '../core/session-store.js';
import { newKey, patchOf, recordOf, type Questions } from './contract-records.js';
import type { StoreContractOptions } from './store-contract-options.js';

/** What a store makes of a record that cannot be read. */
export function corruptQuestions<S extends SessionStore>(
  spoil: NonNullable<StoreContractOptions<S>['spoil']>,
): Questions<S> {
  return {
    'tells a record that cannot be read from one that is missing, and can delete it': async (store) => {
      const [key, other] = [newKey(), newKey()];
      await store.create(key, recordOf({ n: '1' }, { principal: 'spoiled' }));
      await spoil(store, key);
      strictEqual(await store.load(key), 'corrupt');
      strictEqual(await store.create(key, recordOf({})), 'collision');
      strictEqual(await store.patch(key, patchOf({})), 'missing');
      strictEqual(await store.patch(key, patchOf({ n: ['1', '2'] })), 'missing');
      strictEqual(await store.rekey(key, other, recordOf({}), null), 'missing');
      strictEqual(await store.load(key), 'corrupt');
      strictEqual(await store.delete(key), 'deleted');
      strictEqual(await store.load(key), null);
    },
  };
}
