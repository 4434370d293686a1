import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionPatch } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';
import { attributes, held, newKey, patchOf, recordOf, times, type Questions } from './contract-records.js';
import { whileUnderWay } from './while-under-way.js';

const MANY = 100;
const RACES = 10;
const NAMES = times(MANY, (n) => `n${n}`);

/** A value for each of the names. */
const all = (text: string): Record<string, string> => Object.fromEntries(NAMES.map((name) => [name, text]));

/** A patch that changes each of the names from one value to another. */
function patchAll(from: string, to: string): SessionPatch {
  return patchOf(Object.fromEntries(NAMES.map((name) => [name, [from, to]])));
}

/** The values that others found under a key while something was under way, each once. */
async function valuesSeen(
  store: SessionStore,
  key: SessionKey,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const seen = new Set<string>();
  const look = async (): Promise<void> => {
    const record = await held(store, key);
    if (record !== null) seen.add([...new Set(NAMES.map((name) => record.attributes.get(name)))].join());
  };
  await whileUnderWay(work, [look]);
  return [...seen].sort();
}

/** Patches of many changes, and large records, are no less atomic than small ones. */
export const LARGE_PATCHES: Questions = {
  'shows a new record whole or not at all to concurrent loads': async (store) => {
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
  [`shows a patch of ${MANY} changes whole or not at all to concurrent loads`]: async (store) => {
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
  [`applies none of ${MANY} changes when one of them meets another value`]: async (store) => {
    for (const other of [NAMES[0]!, NAMES[MANY / 2]!, NAMES.at(-1)!]) {
      const key = newKey();
      const record = recordOf({ ...all('1'), [other]: '0' });
      await store.create(key, record);
      deepStrictEqual(await store.patch(key, patchAll('1', '2')), { conflict: record });
      deepStrictEqual(await store.load(key), record);
    }
  },
  [`lets exactly one of two concurrent patches of ${MANY} changes win, with all its changes`]: async (
    store,
  ) => {
    for (let race = 0; race < RACES; race++) {
      const key = newKey();
      await store.create(key, recordOf(all('0')));
      const outcomes = await Promise.all(['1', '2'].map(async (to) => store.patch(key, patchAll('0', to))));
      const winner = outcomes.indexOf('applied');
      strictEqual(outcomes.filter((outcome) => outcome === 'applied').length, 1);
      deepStrictEqual(await attributes(store, key), all(String(winner + 1)));
    }
  },
};
