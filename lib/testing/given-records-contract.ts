import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';
import { attribute, newKey, patchOf, recordOf, type Cases } from './contract-records.js';

/** Collects the records that a store returns, and checks later that they are unchanged. */
class ReturnedRecords {
  readonly #store: SessionStore;
  readonly #records: {
    readonly from: string;
    readonly record: SessionRecord;
    readonly copy: SessionRecord;
  }[] = [];

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** Calls every method that returns the record under a key. */
  async collect(key: SessionKey): Promise<void> {
    this.#add('load', await this.#store.load(key));
    const patched = await this.#store.patch(key, patchOf({ n: ['0', '5'] }));
    this.#add('the conflict of patch', (patched as { conflict?: unknown }).conflict);
    const rekeyed = await this.#store.rekey(key, newKey(), recordOf({}), 77);
    this.#add('the conflict of rekey', (rekeyed as { conflict?: unknown }).conflict);
  }

  #add(from: string, value: unknown): void {
    ok(typeof value === 'object' && value !== null, `${from} returned no record`);
    const record = value as SessionRecord;
    this.#records.push({ from, record, copy: { ...record, attributes: new Map(record.attributes) } });
  }

  check(operation: string): void {
    for (const { from, record, copy } of this.#records)
      deepStrictEqual(record, copy, `${operation} changed a record that ${from} had returned`);
  }
}

/** Cases: a store shares no record with its callers. */
export const GIVEN_RECORDS: Cases = {
  'does not change when a caller later modifies a record or a patch that it passed': async (store) => {
    const [key, other] = [newKey(), newKey()];
    const texts = (record: SessionRecord): Map<string, string> => record.attributes as Map<string, string>;
    const [created, moved] = [recordOf({ n: '1' }), recordOf({ n: '3' })];
    await store.create(key, created);
    texts(created).set('n', '9');
    strictEqual(await attribute(store, key, 'n'), '1');
    const patch = patchOf({ n: ['1', '2'] });
    await store.patch(key, patch);
    (patch.changes as Map<string, unknown>).set('n', { from: '2', to: '9' });
    strictEqual(await attribute(store, key, 'n'), '2');
    await store.rekey(key, other, moved, null);
    texts(moved).set('n', '9');
    strictEqual(await attribute(store, other, 'n'), '3');
  },
  'never changes a record that it has returned': async (store) => {
    const [key, other] = [newKey(), newKey()];
    const record = recordOf({ n: '1', theme: '"dark"' });
    const returned = new ReturnedRecords(store);
    await store.create(key, record);
    await returned.collect(key);
    await store.patch(key, patchOf({}, { touchedAt: record.touchedAt + 5, expiresAt: record.expiresAt + 5 }));
    returned.check('A touch');
    await returned.collect(key);
    const changes = { n: ['1', '2'], theme: ['"dark"', null], more: [null, '1'] } as const;
    strictEqual(await store.patch(key, patchOf(changes)), 'applied');
    returned.check('A patch');
    await returned.collect(key);
    strictEqual(await store.rekey(key, other, recordOf({ n: '1' }), null), 'applied');
    returned.check('A rekey');
    await returned.collect(other);
    strictEqual(await store.delete(other), 'deleted');
    returned.check('A delete');
  },
};
