import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import type { SessionStore, WriteTerms } from '../core/store/session-store.js';
import { hasEpochs, type SessionEpochs } from '../core/store/store-powers.js';
import { newKey, patchOf, readRecord, recordOf, requiring, times, type Cases } from './contract-records.js';

type EpochStore = SessionStore & SessionEpochs;

const RACES = 30;
const REALM = 'default';
const AT_CREATE: WriteTerms = { realm: REALM, isLogin: false, limit: null };
const AT_LOGIN: WriteTerms = { ...AT_CREATE, isLogin: true };

/** Names that servers often fold or escape. */
const REALMS = [
  ...['default', 'Default', 'admin ', 'admin', 'é', 'e\u0301', 'a:b', "o'brien", '日本 🍪', '%_*?{a}'],
  '日'.repeat(128),
];

/** The case of a store with the option `epochs: false`. */
export const NO_EPOCHS: Cases = {
  'has neither epoch() nor advanceEpoch() with epochs: false': async (store) => {
    ok(!hasEpochs(store), 'The store has both methods. Remove the option epochs: false.');
  },
};

const EPOCH_CASES: Cases<EpochStore> = {
  'starts each realm at 0, and counts realms of any name separately': async (store) => {
    for (const [n, realm] of REALMS.entries()) {
      strictEqual(await store.epoch(realm), 0);
      for (let advance = 1; advance <= n + 1; advance++)
        strictEqual(await store.advanceEpoch(realm), advance);
    }
    for (const [n, realm] of REALMS.entries()) strictEqual(await store.epoch(realm), n + 1);
  },
  'adds 20 in 20 concurrent advanceEpoch()': async (store) => {
    const values = await Promise.all(times(20, async () => store.advanceEpoch(REALM)));
    deepStrictEqual(
      values.sort((one, other) => one - other),
      times(20, (n) => n + 1),
    );
    strictEqual(await store.epoch(REALM), 20);
  },
  'stamps the present epoch on each record that it creates, and none while it is 0': async (store) => {
    const [first, second, third] = [newKey(), newKey(), newKey()];
    const record = recordOf({ n: '1' }, { principal: 'u1' });
    await store.create(first, record, AT_CREATE);
    deepStrictEqual(await store.load(first, REALM), record);
    await store.advanceEpoch(REALM);
    await store.create(second, record, AT_CREATE);
    deepStrictEqual(await store.load(second, REALM), { ...record, epoch: 1 });
    await store.advanceEpoch(REALM);
    await store.create(third, { ...record, epoch: 1 }, AT_LOGIN);
    deepStrictEqual(await store.load(third, REALM), { ...record, epoch: 2 });
  },
  'refuses each record of an earlier epoch, in that realm only, and not without a realm': async (store) => {
    const [stamped, unstamped, fresh] = [newKey(), newKey(), newKey()];
    const record = recordOf({ n: '1' });
    await store.create(unstamped, record);
    await store.advanceEpoch(REALM);
    strictEqual(await store.load(unstamped, REALM), 'revoked');
    await store.create(stamped, record, AT_CREATE);
    await store.advanceEpoch(REALM);
    strictEqual(await store.load(stamped, REALM), 'revoked');
    deepStrictEqual(await store.load(stamped, 'other'), { ...record, epoch: 1 });
    deepStrictEqual(await store.load(stamped), { ...record, epoch: 1 });
    await store.create(fresh, record, AT_CREATE);
    deepStrictEqual(await store.load(fresh, REALM), { ...record, epoch: 2 });
    strictEqual(await store.load(newKey(), REALM), null);
    strictEqual(await store.create(stamped, record, AT_CREATE), 'collision');
    strictEqual(await store.delete(stamped), 'deleted');
    strictEqual(await store.load(stamped, REALM), null);
  },
  'keeps the epoch through patches, and returns it in a conflict': async (store) => {
    const key = newKey();
    await store.advanceEpoch(REALM);
    await store.create(key, recordOf({ n: '1' }), AT_CREATE);
    const epochNow = async () => (await readRecord(store, key))?.epoch;
    strictEqual(await store.patch(key, patchOf({})), 'applied');
    strictEqual(await epochNow(), 1, 'a touch lost the epoch');
    strictEqual(await store.patch(key, patchOf({ n: ['1', '2'], m: [null, '1'] })), 'applied');
    strictEqual(await epochNow(), 1, 'a patch lost the epoch');
    const conflict = { conflict: await readRecord(store, key) };
    deepStrictEqual(await store.patch(key, patchOf({ n: ['1', '3'] })), conflict);
    deepStrictEqual(await store.rekey(key, newKey(), recordOf({}), 77, AT_CREATE), conflict);
    await store.advanceEpoch(REALM);
    strictEqual(await store.load(key, REALM), 'revoked');
  },
  'stamps the present epoch at a login, and keeps that of the record in any other rekey': async (store) => {
    const [anonymous, user, next, last] = [newKey(), newKey(), newKey(), newKey()];
    const record = recordOf({ n: '1' }, { principal: 'u1' });
    await store.advanceEpoch(REALM);
    await store.create(anonymous, recordOf({}), AT_CREATE);
    strictEqual(await store.rekey(anonymous, user, record, null, AT_LOGIN), 'applied');
    deepStrictEqual(await store.load(user, REALM), { ...record, epoch: 1 });
    strictEqual(await store.rekey(user, next, { ...record, epoch: 1 }, 0, AT_CREATE), 'applied');
    deepStrictEqual(await store.load(next, REALM), { ...record, epoch: 1 });
    strictEqual(await store.rekey(next, last, { ...record, epoch: 1 }, null), 'applied');
    deepStrictEqual(await store.load(last, REALM), { ...record, epoch: 1 });
  },
  'returns missing for a rekey of a refused record, and moves nothing': async (store) => {
    const from = newKey();
    const record = recordOf({ n: '1' }, { principal: 'u1' });
    await store.create(from, record, AT_CREATE);
    await store.advanceEpoch(REALM);
    for (const terms of [AT_CREATE, AT_LOGIN]) {
      const to = newKey();
      strictEqual(await store.rekey(from, to, record, 0, terms), 'missing');
      strictEqual(await store.load(to), null);
      strictEqual(await store.load(from, REALM), 'revoked');
    }
    const other = newKey();
    strictEqual(await store.rekey(from, other, record, 0, { ...AT_CREATE, realm: 'other' }), 'applied');
  },
  [`ends what was created before advanceEpoch(), and nothing that is created after it, in ${RACES} races`]:
    async (store) => {
      for (let race = 0; race < RACES; race++) {
        const terms = { ...AT_LOGIN, realm: `race ${race}` };
        const create = async (): Promise<SessionKey> => {
          const key = newKey();
          strictEqual(await store.create(key, recordOf({}), terms), 'created');
          return key;
        };
        const before = await create();
        const begin: (() => Promise<unknown>)[] = [create, create];
        begin.splice(race % 3, 0, async () => store.advanceEpoch(terms.realm));
        const during = (await Promise.all(begin.map(async (call) => call()))).toSpliced(race % 3, 1);
        const after = await create();
        strictEqual(await store.load(before, terms.realm), 'revoked');
        deepStrictEqual(await epochOf(store, after), 1);
        for (const key of during as SessionKey[]) {
          const isEnded = (await store.load(key, terms.realm)) === 'revoked';
          strictEqual(await epochOf(store, key), isEnded ? 0 : 1);
        }
      }
    },
  [`lets no session escape advanceEpoch() by a rekey that is no login, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const terms = { ...AT_CREATE, realm: `escape ${race}` };
      const [from, to] = [newKey(), newKey()];
      const record: SessionRecord = recordOf({});
      await store.create(from, record, terms);
      const begin = [
        async () => store.rekey(from, to, record, 0, terms),
        async () => store.advanceEpoch(terms.realm),
      ];
      if (race % 2 === 1) begin.reverse();
      await Promise.all<unknown>(begin.map(async (call) => call()));
      for (const key of [from, to]) {
        const found = await store.load(key, terms.realm);
        ok(found === 'revoked' || found === null, 'a record of an earlier epoch can be loaded');
      }
    }
  },
};

/** Cases of a store with `SessionEpochs`. */
export const EPOCHS = requiring(
  (store): store is EpochStore => hasEpochs(store),
  'The store has no epoch() and advanceEpoch(). Set the option epochs: false.',
  EPOCH_CASES,
);

const epochOf = async (store: SessionStore, key: SessionKey): Promise<number> =>
  (await readRecord(store, key))?.epoch ?? 0;
