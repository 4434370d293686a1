import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionRecord } from '../core/store/session-record.js';
import type { StoredSession } from '../core/store/session-store.js';
import { hasLimits } from '../core/store/store-powers.js';
import { newKey, patchOf, recordOf, times, type Cases } from './contract-records.js';
import {
  anonymous,
  evictedBy,
  FIELDS,
  keysOf,
  MODES,
  requiringLimits,
  termsOf,
  type LimitingStore,
} from './limited-logins.js';

/** The case of a store with the option `limits: false`. */
export const NO_LIMITS: Cases = {
  'has no limitsSessions with limits: false': async (store) => {
    ok(!hasLimits(store), 'The store has limitsSessions. Remove the option limits: false.');
  },
};

const LIMIT_CASES: Cases<LimitingStore> = {
  'admits sessions up to the limit': async (store) => {
    for (const mode of MODES) {
      const keys = times(3, () => newKey());
      const from = await anonymous(store);
      const record = recordOf({ n: '1' }, { principal: mode });
      strictEqual(await store.create(keys[0]!, record, termsOf(3, mode)), 'created');
      strictEqual(await store.rekey(from, keys[1]!, record, 0, termsOf(3, mode)), 'applied');
      strictEqual(await store.create(keys[2]!, record, termsOf(3, mode)), 'created');
      for (const key of keys) deepStrictEqual(await store.load(key), record);
      deepStrictEqual(new Set(await keysOf(store, mode)), new Set(keys));
    }
  },
  'evicts the oldest session by createdAt, and returns it': (store) => evictsBy(store, 'evict-oldest'),
  'evicts the least recent session by touchedAt, and returns it': (store) =>
    evictsBy(store, 'evict-least-recent'),
  'evicts as many sessions as exceed a lower limit': async (store) => {
    const now = Date.now();
    const keys = times(5, () => newKey());
    for (const [n, key] of keys.entries())
      await store.create(key, recordOf({}, { principal: 'u1', createdAt: now + n }));
    const last = newKey();
    const result = await store.create(last, recordOf({}, { principal: 'u1' }), termsOf(2, 'evict-oldest'));
    deepStrictEqual(new Set(evictedBy(result).map(({ key }) => key)), new Set(keys.slice(0, 4)));
    deepStrictEqual(new Set(await keysOf(store, 'u1')), new Set([keys[4], last]));
  },
  'writes nothing when it rejects a session, and keeps the record of a rekey': async (store) => {
    const keys = times(2, () => newKey());
    const mine = recordOf({}, { principal: 'u1' });
    for (const key of keys) await store.create(key, mine);
    const [from, next] = [newKey(), newKey()];
    const former = recordOf({ cart: '[1]' });
    await store.create(from, former);
    strictEqual(await store.create(next, mine, termsOf(2, 'reject')), 'limit');
    strictEqual(await store.rekey(from, next, mine, 0, termsOf(2, 'reject')), 'limit');
    strictEqual(await store.load(next), null);
    deepStrictEqual(await store.load(from), former);
    deepStrictEqual(new Set(await keysOf(store, 'u1')), new Set(keys));
  },
  'does not count the session that a rekey moves': async (store) => {
    for (const mode of MODES) {
      const [first, second, next] = [newKey(), newKey(), newKey()];
      const record = recordOf({}, { principal: mode });
      await store.create(first, record);
      await store.create(second, record);
      strictEqual(await store.rekey(second, next, record, 0, termsOf(2, mode)), 'applied');
      deepStrictEqual(new Set(await keysOf(store, mode)), new Set([first, next]));
    }
  },
  'counts no session that has expired by the instant of the limit': async (store) => {
    const now = Date.now();
    const expiries = [500_000, 500_000, 500_001];
    for (const mode of MODES) {
      for (const ms of expiries)
        await store.create(newKey(), recordOf({}, { principal: mode, expiresAt: now + ms }));
      const record = recordOf({}, { principal: mode });
      strictEqual(await store.create(newKey(), record, termsOf(2, mode, now + 500_000)), 'created');
      strictEqual((await keysOf(store, mode, now + 500_000)).length, 2);
    }
  },
  'counts and evicts no session of another principal': async (store) => {
    const others = times(3, () => newKey());
    const former = { createdAt: 1, touchedAt: 1 };
    await store.create(others[0]!, recordOf({}, { ...former, principal: 'u2' }));
    await store.create(others[1]!, recordOf({}, { ...former, principal: 'U1' }));
    await store.create(others[2]!, recordOf({}, former));
    for (const mode of [...MODES].reverse()) {
      const record = recordOf({}, { principal: 'u1' });
      const expected = mode === 'reject' ? 'created' : 'object';
      const result = await store.create(newKey(), record, termsOf(1, mode));
      strictEqual(typeof result === 'object' ? 'object' : result, expected);
    }
    for (const key of others) ok((await store.load(key)) !== null);
    strictEqual((await keysOf(store, 'u1')).length, 1);
  },
  'evicts nobody when the create or the rekey fails': async (store) => {
    const [held, from, other] = [newKey(), newKey(), newKey()];
    const mine = recordOf({}, { principal: 'u1' });
    await store.create(held, mine);
    await store.create(other, recordOf({}));
    await store.create(from, recordOf({}, { revision: 2 }));
    const terms = termsOf(1, 'evict-oldest');
    strictEqual(await store.create(other, mine, terms), 'collision');
    strictEqual(await store.rekey(newKey(), newKey(), mine, 0, terms), 'missing');
    strictEqual(await store.rekey(from, other, mine, 2, terms), 'collision');
    strictEqual(typeof (await store.rekey(from, newKey(), mine, 1, terms)), 'object');
    ok((await store.load(held)) !== null, 'a session was evicted for one that was not written');
    ok((await store.load(from)) !== null);
    deepStrictEqual(await keysOf(store, 'u1'), [held]);
  },
};

/** Cases of a store with `SessionLimits`. */
export const LIMITS = requiringLimits(LIMIT_CASES);

/** Three sessions, whose order by `createdAt` is not the one by `touchedAt`, and a fourth login. */
async function evictsBy(store: LimitingStore, mode: 'evict-oldest' | 'evict-least-recent'): Promise<void> {
  const field = FIELDS[mode];
  for (const operation of ['create', 'rekey'] as const) {
    const principal = `${operation} ${mode}`;
    const sessions = await threeSessions(store, principal);
    const [victim, ...others] = [...sessions].sort(
      (one, other) => one.record[field] - other.record[field],
    ) as [StoredSession, StoredSession, StoredSession];
    const next = newKey();
    const record = recordOf({ n: '4' }, { principal });
    const terms = termsOf(3, mode);
    const from = await anonymous(store);
    const result =
      operation === 'create'
        ? await store.create(next, record, terms)
        : await store.rekey(from, next, record, 0, terms);
    deepStrictEqual(evictedBy(result), [victim]);
    strictEqual(await store.load(victim.key), null);
    deepStrictEqual(await store.load(next), record);
    deepStrictEqual(
      new Set(await keysOf(store, principal)),
      new Set([next, ...others.map(({ key }) => key)]),
    );
    strictEqual((await store.load(from)) === null, operation === 'rekey');
  }
}

async function threeSessions(store: LimitingStore, principal: string): Promise<StoredSession[]> {
  const now = Date.now();
  const expiresAt = now + 3_600_000;
  const sessions = times(3, (n) => {
    const record = recordOf(
      { n: String(n) },
      { principal, createdAt: now - 900 + ((n + 1) % 3), touchedAt: now - 500 + n },
    );
    return { key: newKey(), record: { ...record, expiresAt } };
  });
  for (const { key, record } of sessions) await store.create(key, record);
  // The first one by touchedAt is used again, so that it is the last one.
  const touch = patchOf(
    {},
    { touchedAt: now - 100, expiresAt, principal: { from: principal, to: principal } },
  );
  strictEqual(await store.patch(sessions[0]!.key, touch), 'applied');
  const touched: SessionRecord = { ...sessions[0]!.record, touchedAt: now - 100 };
  return [{ key: sessions[0]!.key, record: touched }, ...sessions.slice(1)];
}
