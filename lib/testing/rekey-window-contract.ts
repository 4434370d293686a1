import { deepStrictEqual, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';
import { newKey, patchOf, recordOf, type Cases } from './contract-records.js';
import { whileUnderWay } from './while-under-way.js';

const RACES = 30;
const MOVER = { from: 'mover', to: 'mover' };

/** What concurrent loads of both keys found during a rekey. */
interface RekeyWindow {
  readonly result: Awaited<ReturnType<SessionStore['rekey']>>;
  /** How often both keys could be loaded. */
  readonly both: number;
  /** How often neither key could be loaded. */
  readonly neither: number;
  /** How often the new key could be loaded. */
  readonly next: number;
  /** Whether each key can be loaded when the rekey has resolved. */
  readonly after: readonly [from: boolean, to: boolean];
}

/**
 * Loads both keys repeatedly during a rekey.
 *
 * Two loads are two instants. The order decides what they prove: if the new key was there first and the old
 * key is there later, both were there at one moment; if the old key was gone first and the new key is missing
 * later, neither was there.
 */
async function rekeyWindow(
  store: SessionStore,
  from: SessionKey,
  to: SessionKey,
  record: SessionRecord,
  revision: number | null,
): Promise<RekeyWindow> {
  const isThere = async (key: SessionKey): Promise<boolean> => (await store.load(key)) !== null;
  const seen = { both: 0, neither: 0, next: 0 };
  const checks = [
    async (): Promise<void> => {
      if (!(await isThere(to))) return;
      seen.next++;
      if (await isThere(from)) seen.both++;
    },
    async (): Promise<void> => {
      if (!(await isThere(from)) && !(await isThere(to))) seen.neither++;
    },
  ];
  const rekey = async (): Promise<Omit<RekeyWindow, keyof typeof seen>> => {
    const result = await store.rekey(from, to, record, revision);
    return { result, after: [await isThere(from), await isThere(to)] };
  };
  const done = await whileUnderWay(rekey, checks);
  return { ...done, ...seen };
}

/** With a principal: a store that lists it in one more step shows both keys for longer. */
const recordWith = (text: string, revision = 0): SessionRecord =>
  recordOf({ n: text }, { principal: MOVER.to, revision });

/** Cases of a store that changes both keys in one step. */
export const ATOMIC_REKEY: Cases = {
  [`loads exactly one of both keys at any moment of a rekey, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordWith('1'));
      const { result, both, neither, after } = await rekeyWindow(store, from, to, recordWith('2'), 0);
      strictEqual(result, 'applied');
      deepStrictEqual(after, [false, true]);
      strictEqual(both, 0, 'both keys could be loaded at one moment');
      strictEqual(neither, 0, 'neither key could be loaded at one moment');
    }
  },
  [`never loads the new key of a rekey that returns a conflict, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordWith('1', 2));
      const { result, next, neither, after } = await rekeyWindow(store, from, to, recordWith('2'), 1);
      strictEqual(typeof result, 'object');
      deepStrictEqual(after, [true, false]);
      deepStrictEqual({ next, neither }, { next: 0, neither: 0 });
    }
  },
};

/** Cases of a store that creates the new record first and then claims the old one. */
export const REKEY_IN_TWO_STEPS: Cases = {
  [`loads at least one of both keys at any moment of a rekey, and only the new one after it, in ${RACES} races`]:
    async (store) => {
      for (let race = 0; race < RACES; race++) {
        const [from, to] = [newKey(), newKey()];
        await store.create(from, recordWith('1'));
        const { result, neither, after } = await rekeyWindow(store, from, to, recordWith('2'), 0);
        strictEqual(result, 'applied');
        deepStrictEqual(after, [false, true]);
        strictEqual(neither, 0, 'neither key could be loaded at one moment');
      }
    },
  [`loads only the old key after a rekey that returned a conflict, in ${RACES} races with a patch`]: async (
    store,
  ) => {
    for (let race = 0; race < RACES; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordWith('1'));
      const [patched, { result, neither, after }] = await Promise.all([
        store.patch(from, patchOf({ n: ['1', '3'] }, { principal: MOVER })),
        rekeyWindow(store, from, to, recordWith('2'), 0),
      ]);
      const isApplied = result === 'applied';
      strictEqual(patched, isApplied ? 'missing' : 'applied');
      deepStrictEqual(after, isApplied ? [false, true] : [true, false]);
      strictEqual(neither, 0, 'neither key could be loaded at one moment');
    }
  },
};
