import { deepStrictEqual, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';
import { newKey, patchOf, recordOf, type Questions } from './contract-records.js';
import { whileUnderWay } from './while-under-way.js';

const RACES = 30;
const MOVER = { from: 'mover', to: 'mover' };

/** What others saw of two keys while a rekey was under way. */
interface RekeyWindow {
  readonly outcome: Awaited<ReturnType<SessionStore['rekey']>>;
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
 * Loads both keys repeatedly while a rekey is under way.
 *
 * Two loads are two instants. In one step the old key goes when the new one comes: so a new key that was there and an old
 * one that is there after that were there together, and so were an old one that was gone and a new one that is not there.
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
  const looks = [
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
    const outcome = await store.rekey(from, to, record, revision);
    return { outcome, after: [await isThere(from), await isThere(to)] };
  };
  const done = await whileUnderWay(rekey, looks);
  return { ...done, ...seen };
}

/** With a principal: a store that takes one more step to list it shows both keys for longer. */
const recordWith = (text: string, revision = 0): SessionRecord =>
  recordOf({ n: text }, { principal: MOVER.to, revision });

/** For a store that changes both keys in one step. */
export const ATOMIC_REKEY: Questions = {
  [`can load exactly one of both keys at any moment of a rekey, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordWith('1'));
      const { outcome, both, neither, after } = await rekeyWindow(store, from, to, recordWith('2'), 0);
      strictEqual(outcome, 'applied');
      deepStrictEqual(after, [false, true]);
      strictEqual(both, 0, 'both keys could be loaded at one moment');
      strictEqual(neither, 0, 'neither key could be loaded at one moment');
    }
  },
  [`never loads the new key of a rekey that is refused, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordWith('1', 2));
      const { outcome, next, neither, after } = await rekeyWindow(store, from, to, recordWith('2'), 1);
      strictEqual(typeof outcome, 'object');
      deepStrictEqual(after, [true, false]);
      deepStrictEqual({ next, neither }, { next: 0, neither: 0 });
    }
  },
};

/** For a store that files the new record first, and claims the old one after that. */
export const REKEY_IN_TWO_STEPS: Questions = {
  [`can load at least one of both keys at any moment of a rekey, and only the new one after it, in ${RACES} races`]:
    async (store) => {
      for (let race = 0; race < RACES; race++) {
        const [from, to] = [newKey(), newKey()];
        await store.create(from, recordWith('1'));
        const { outcome, neither, after } = await rekeyWindow(store, from, to, recordWith('2'), 0);
        strictEqual(outcome, 'applied');
        deepStrictEqual(after, [false, true]);
        strictEqual(neither, 0, 'neither key could be loaded at one moment');
      }
    },
  [`can load only the old key after a rekey that was refused, in ${RACES} races with a patch`]: async (
    store,
  ) => {
    for (let race = 0; race < RACES; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordWith('1'));
      const [patched, { outcome, neither, after }] = await Promise.all([
        store.patch(from, patchOf({ n: ['1', '3'] }, { principal: MOVER })),
        rekeyWindow(store, from, to, recordWith('2'), 0),
      ]);
      const isApplied = outcome === 'applied';
      strictEqual(patched, isApplied ? 'missing' : 'applied');
      deepStrictEqual(after, isApplied ? [false, true] : [true, false]);
      strictEqual(neither, 0, 'neither key could be loaded at one moment');
    }
  },
};
