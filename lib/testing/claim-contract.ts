import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import { isChange, type SessionRecord } from '../core/store/session-record.js';
import {
  isExpirySweeper,
  isPrincipalIndex,
  type SessionStore,
  type StoredSession,
} from '../core/store/session-store.js';
import { claimsExpiry, type ExpiryClaims } from '../core/store/store-powers.js';
import { newKey, patchOf, recordOf, requiring, times, type Cases } from './contract-records.js';

const RACES = 20;
/** How far ahead the records of a case expire: a claim gets a later instant. Milliseconds. */
const AHEAD = 1_000_000;

type ClaimingStore = SessionStore & ExpiryClaims;

/** The case of a store with the option `claimsExpired: false`: the engine would call an untested method. */
export const NO_CLAIMS: Cases = {
  'has no claimExpired() with claimsExpired: false': async (store) => {
    ok(!claimsExpiry(store), 'The store has claimExpired(). Remove the option claimsExpired: false.');
  },
};

const CLAIM_CASES: Cases<ClaimingStore> = {
  'returns the whole records that it removes, of users and anonymous ones': async (store) => {
    const expiresAt = Date.now() + AHEAD;
    const sessions = new Map(
      times(6, (n): [SessionKey, SessionRecord] => {
        const principal = n % 2 === 0 ? null : `u${n % 3}`;
        const values = { n: String(n), 'näme "x"': '{"a":[1,"€"]}', $name: '"admin"' };
        return [newKey(), recordOf(values, { expiresAt: expiresAt - n, principal, revision: n })];
      }),
    );
    for (const [key, record] of sessions) await store.create(key, record);
    deepStrictEqual(mapOf(await store.claimExpired(expiresAt, 100)), sessions);
    for (const [key, record] of sessions) {
      strictEqual(await store.load(key), null);
      strictEqual(await store.patch(key, patchOf({}, { principal: sameOf(record) })), 'missing');
    }
    if (isPrincipalIndex(store)) deepStrictEqual(await store.listByPrincipal('u1', 0, 10), []);
    deepStrictEqual(await store.claimExpired(expiresAt, 100), []);
  },
  'claims what expired by the given instant, in batches, and nothing else': async (store) => {
    const soon = Date.now() + AHEAD;
    const keys = times(12, () => newKey());
    for (const [n, key] of keys.entries()) await store.create(key, recordOf({}, { expiresAt: soon + n }));
    const before = soon + 9;
    const first = keysOf(await store.claimExpired(before, 4));
    const second = keysOf(await store.claimExpired(before, 100));
    deepStrictEqual([first.length, second.length], [4, 6]);
    deepStrictEqual([...first, ...second].sort(), keys.slice(0, 10).sort());
    const left = await Promise.all(keys.map(async (key) => (await store.load(key)) !== null));
    deepStrictEqual(
      left,
      times(12, (n) => n >= 10),
    );
  },
  'claims by the present expiry and key of a record, also one whose expiry was moved to an earlier time':
    async (store) => {
      const soon = Date.now() + AHEAD;
      const [extended, shortened, former, moved, deleted] = times(5, () => newKey());
      const record = recordOf({}, { expiresAt: soon });
      for (const key of [extended!, former!, deleted!]) await store.create(key, record);
      await store.create(shortened!, { ...record, expiresAt: soon + 9_000 });
      await store.patch(extended!, patchOf({}, { expiresAt: soon + 5_000 }));
      await store.patch(shortened!, patchOf({}, { expiresAt: soon }));
      await store.rekey(former!, moved!, record, null);
      await store.delete(deleted!);
      const claimed = keysOf(await store.claimExpired(soon + 1_000, 100));
      deepStrictEqual(claimed.sort(), [shortened!, moved!].sort());
      deepStrictEqual(keysOf(await store.claimExpired(soon + 5_000, 100)), [extended]);
    },
  [`does not claim a record whose expiry is moved concurrently, in ${RACES} races`]: async (store) => {
    for (let race = 0; race < RACES; race++) {
      const soon = Date.now() + AHEAD;
      const keys = await createAll(store, 20, recordOf({}, { expiresAt: soon }));
      const touch = patchOf({}, { expiresAt: soon + 5_000 });
      let claimed: readonly StoredSession[] = [];
      const writes: (() => Promise<unknown>)[] = keys.map((key) => async () => store.patch(key, touch));
      // The claim starts first, last or among the touches.
      const at = [0, keys.length / 2, keys.length][race % 3]!;
      writes.splice(at, 0, async () => (claimed = await store.claimExpired(soon, 100)));
      const results = (await Promise.all(writes.map(async (write) => write()))).toSpliced(at, 1);
      const missing = keys.filter((_, n) => results[n] === 'missing');
      deepStrictEqual(keysOf(claimed).sort(), missing.sort());
      for (const { record } of claimed) strictEqual(record.expiresAt, soon);
      for (const key of keys) await store.delete(key);
    }
  },
  'returns the state that it removes, while requests change the records': async (store) => {
    const soon = Date.now() + AHEAD;
    const keys = await createAll(store, 20, recordOf({ n: '0' }, { expiresAt: soon }));
    const patch = patchOf({ n: ['0', '1'] }, { expiresAt: soon });
    ok(isChange(patch));
    const [claimed, ...results] = await Promise.all([
      store.claimExpired(soon, 100),
      ...keys.map(async (key) => store.patch(key, patch)),
    ]);
    const rest = await store.claimExpired(soon, 100);
    const found = mapOf([...claimed, ...rest]);
    deepStrictEqual(
      keys.map((key) => found.get(key)?.attributes.get('n')),
      results.map((result) => (result === 'applied' ? '1' : '0')),
    );
  },
  'returns each record to one of three concurrent claims, or to none of them': async (store) => {
    for (let race = 0; race < 3; race++) {
      const soon = Date.now() + AHEAD;
      const keys = await createAll(store, 30, recordOf({}, { expiresAt: soon }));
      const claim = (limit: number): Promise<readonly StoredSession[]> => store.claimExpired(soon, limit);
      const results = await Promise.all([claim(100), claim(20), claim(100)]);
      // A claim that finds another one running may leave all records to it.
      results.push(await claim(100));
      deepStrictEqual(keysOf(results.flat()).sort(), keys.sort());
    }
  },
  'returns no record that a concurrent deleteExpired() counts': async (store) => {
    if (!isExpirySweeper(store)) return;
    for (const isClaimFirst of [true, false]) {
      const soon = Date.now() + AHEAD;
      const keys = await createAll(store, 30, recordOf({}, { expiresAt: soon }));
      const claimed: StoredSession[] = [];
      let count = 0;
      const claim = async (): Promise<void> => void claimed.push(...(await store.claimExpired(soon, 20)));
      const sweep = async (): Promise<void> => void (count = await store.deleteExpired(soon, 20));
      await Promise.all((isClaimFirst ? [claim, sweep] : [sweep, claim]).map(async (run) => run()));
      claimed.push(...(await store.claimExpired(soon, 100)));
      strictEqual(new Set(keysOf(claimed)).size + count, keys.length);
    }
  },
};

/** Cases of a store with `ExpiryClaims`. */
export const CLAIMS = requiring(
  (store): store is ClaimingStore => claimsExpiry(store),
  'The store has no claimExpired(). Set the option claimsExpired: false.',
  CLAIM_CASES,
);

const keysOf = (sessions: readonly StoredSession[]): SessionKey[] => sessions.map(({ key }) => key);

const mapOf = (sessions: readonly StoredSession[]): Map<SessionKey, SessionRecord> =>
  new Map(sessions.map(({ key, record }): [SessionKey, SessionRecord] => [key, record]));

const sameOf = ({ principal }: SessionRecord) => ({ from: principal, to: principal });

async function createAll(store: SessionStore, count: number, record: SessionRecord): Promise<SessionKey[]> {
  const keys = times(count, () => newKey());
  await Promise.all(keys.map(async (key) => store.create(key, record)));
  return keys;
}
