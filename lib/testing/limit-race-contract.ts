import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import type { SessionStore, WriteTerms } from '../core/store/session-store.js';
import { hasEpochs, type SessionEpochs } from '../core/store/store-powers.js';
import { newKey, patchOf, recordOf, times, type Cases } from './contract-records.js';
import {
  anonymous,
  evictedBy,
  keysOf,
  MODES,
  requiringLimits,
  termsOf,
  type LimitingStore,
} from './limited-logins.js';

const RACES = 30;
const LOGINS = 50;
const MOST = 3;

/** What a login returned, and the keys before and after it. */
interface Login {
  readonly from: SessionKey | null;
  readonly key: SessionKey;
  readonly result: Awaited<ReturnType<SessionStore['create'] | SessionStore['rekey']>>;
}

const CONCURRENT_LOGINS = Object.fromEntries(
  MODES.map((mode) => [
    `has exactly ${MOST} sessions after ${LOGINS} concurrent logins, with ${mode}`,
    async (store: LimitingStore): Promise<void> => {
      for (const isRekey of [false, true]) {
        const principal = isRekey ? 'from anonymous sessions' : 'fresh';
        const logins = await concurrentLogins(store, principal, isRekey, termsOf(MOST, mode));
        const live = await liveOf(store, logins);
        strictEqual(live.length, MOST);
        deepStrictEqual(new Set(await keysOf(store, principal)), new Set(live));
        for (const { from, result } of logins)
          if (from !== null) strictEqual((await store.load(from)) !== null, result === 'limit');
        if (mode === 'reject') {
          strictEqual(logins.filter(({ result }) => result === 'limit').length, LOGINS - MOST);
          continue;
        }
        const evicted = logins.flatMap(({ result }) => (typeof result === 'object' ? evictedBy(result) : []));
        const keys = new Set(evicted.map(({ key }) => key));
        strictEqual(keys.size, evicted.length, 'a session was evicted by two logins');
        deepStrictEqual(new Set([...keys, ...live]), new Set(logins.map(({ key }) => key)));
      }
    },
  ]),
);

const RACE_CASES: Cases<LimitingStore> = {
  ...CONCURRENT_LOGINS,
  [`lets no evicted session escape that is moved or patched meanwhile, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const principal = `victim ${race}`;
      const record = recordOf({}, { principal, createdAt: Date.now() - 1000 });
      const [victim, moved, next] = [newKey(), newKey(), newKey()];
      await store.create(victim, record);
      const same = { from: principal, to: principal };
      const begin = [
        async () => store.create(next, recordOf({}, { principal }), termsOf(1, 'evict-oldest')),
        race % 3 === 2
          ? async () => store.patch(victim, patchOf({ n: [null, '1'] }, { principal: same }))
          : async () => store.rekey(victim, moved, record, null, { ...termsOf(1, 'reject'), limit: null }),
      ];
      if (race % 2 === 1) begin.reverse();
      await Promise.all<unknown>(begin.map(async (call) => call()));
      deepStrictEqual([await store.load(victim), await store.load(moved)], [null, null]);
      ok((await store.load(next)) !== null);
    }
  },
};

/** Cases of concurrent logins with a limit. */
export const LIMIT_RACES = requiringLimits(RACE_CASES);

/** Cases of a store with `SessionLimits` and `SessionEpochs`. */
export const LIMITS_AND_EPOCHS = requiringLimits({
  'neither counts nor evicts a session of an earlier epoch': async (store) => {
    ok(hasEpochs(store), 'The store has no epoch() and advanceEpoch(). Set the option epochs: false.');
    await endsTwo(store);
  },
});

async function endsTwo(store: LimitingStore & SessionEpochs): Promise<void> {
  for (const mode of MODES) {
    const [first, second, fresh] = [newKey(), newKey(), newKey()];
    const record = recordOf({}, { principal: mode });
    const terms = { ...termsOf(1, mode), realm: mode };
    await store.create(first, record);
    await store.create(second, record);
    await store.advanceEpoch(mode);
    strictEqual(await store.create(fresh, record, terms), 'created');
    deepStrictEqual(await store.load(fresh, mode), { ...record, epoch: 1 });
    const result = await store.create(newKey(), record, terms);
    if (mode === 'reject') strictEqual(result, 'limit');
    else
      deepStrictEqual(
        evictedBy(result).map(({ key }) => key),
        [fresh],
      );
  }
}

async function concurrentLogins(
  store: LimitingStore,
  principal: string,
  isRekey: boolean,
  terms: WriteTerms,
): Promise<Login[]> {
  const now = Date.now();
  const logins = await Promise.all(
    times(LOGINS, async (n) => {
      const from = isRekey ? await anonymous(store) : null;
      const times = { createdAt: now + n, touchedAt: now + n };
      return { from, key: newKey(), record: recordOf({}, { principal, ...times }) };
    }),
  );
  return Promise.all(logins.map((login) => loginOf(store, login, terms)));
}

async function loginOf(
  store: LimitingStore,
  { from, key, record }: { from: SessionKey | null; key: SessionKey; record: SessionRecord },
  terms: WriteTerms,
): Promise<Login> {
  const result =
    from === null
      ? await store.create(key, record, terms)
      : await store.rekey(from, key, record, record.revision, terms);
  return { from, key, result };
}

async function liveOf(store: SessionStore, logins: readonly Login[]): Promise<SessionKey[]> {
  const found = await Promise.all(logins.map(async ({ key }) => (await store.load(key)) !== null));
  return logins.filter((_, n) => found[n]).map(({ key }) => key);
}
