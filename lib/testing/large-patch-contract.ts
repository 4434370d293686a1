import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionPatch } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';
import { attributes, readRecord, newKey, patchOf, recordOf, times, type Cases } from './contract-records.js';
import { whileUnderWay } from './while-under-way.js';

const MANY = 100;
const RACES = 10;
const NAMES = times(MANY, (n) => `n${n}`);

/** Attributes: each of the names with the same value. */
const all = (text: string): Record<string, string> => Object.fromEntries(NAMES.map((name) => [name, text]));

/** A patch that changes each of the names from one value to another. */
function patchAll(from: string, to: string): SessionPatch {
  return patchOf(Object.fromEntries(NAMES.map((name) => [name, [from, to]])));
}

/** The different values that concurrent loads of a key returned during `work`. */
async function valuesSeen(
  store: SessionStore,
  key: SessionKey,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const seen = new Set<string>();
  const check = async (): Promise<void> => {
    const record = await readRecord(store, key);
    if (record !== null) seen.add([...new Set(NAMES.map((name) => record.attributes.get(name)))].join());
  };
  await whileUnderWay(work, [check]);
  return [...seen].sort();
}

/** Cases: patches of many changes, and large records, are atomic. */
export const LARGE_PATCHES: Cases = {
  'shows a new record completely or not at all to concurrent loads': async (store) => {
    for (let race = 0; race < RACES; race++) {
      const key = newKey();
      const seen = await valuesSeen(store, key, async () => store.create(key, recordOf(all('1'))));
      ok(
        seen.length === 0 || (seen.length === 1 && seen[0] === '1'),
        'a part of a new record could be loaded',
      );
      deepStrictEqual(await attributes(store, key), all('1'));
    }
  },
  [`shows a patch of ${MANY} changes completely or not at all to concurrent loads`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const key = newKey();
      await store.create(key, recordOf(all('1')));
      const seen = await valuesSeen(store, key, async () => {
        strictEqual(await store.patch(key, patchAll('1', '2')), 'applied');
      });
      for (const values of seen) ok(['1', '2'].includes(values), 'a part of a patch could be loaded');
      deepStrictEqual(await attributes(store, key), all('2'));
    }
  },
  [`applies none of ${MANY} changes if one of them is based on another value`]: async (store) => {
    for (const other of [NAMES[0]!, NAMES[MANY / 2]!, NAMES.at(-1)!]) {
      const key = newKey();
      const record = recordOf({ ...all('1'), [other]: '0' });
      await store.create(key, record);
      deepStrictEqual(await store.patch(key, patchAll('1', '2')), { conflict: record });
      deepStrictEqual(await store.load(key), record);
    }
  },
  [`lets exactly one of two concurrent patches of ${MANY} changes succeed, with all its changes`]: async (
    store,
  ) => {
    for (let race = 0; race < RACES; race++) {
      const key = newKey();
      await store.create(key, recordOf(all('0')));
      const results = await Promise.all(['1', '2'].map(async (to) => store.patch(key, patchAll('0', to))));
      const winner = results.indexOf('applied');
      strictEqual(results.filter((result) => result === 'applied').length, 1);
      deepStrictEqual(await attributes(store, key), all(String(winner + 1)));
    }
  },
};
