import { RedisSessionStore } from 'nest-session/redis';
import { NEVER } from '../../lib/core/store/session-record.js';
import type { SessionKey } from '../../lib/core/session-id.js';
import { claimsExpiry } from '../../lib/core/store/store-powers.js';
import { SETTLE } from '../../lib/stores/redis/deadline-scripts.js';
import { RedisAccess } from '../../lib/stores/redis/redis-access.js';
import { connectionOf } from '../../lib/stores/redis/redis-clients.js';
import { CLAIM_GRACE_MS, textOf } from '../../lib/stores/redis/redis-record.js';
import { newKey, patchOf, recordOf, times } from '../../lib/testing/contract-records.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { ask, probe, type Probe } from './support/redis-probe.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINE = { from: 'u1', to: 'u1' };

const KINDS = [
  ['redis', 'one server', 'single', 1],
  ['redis-cluster', 'a cluster', 'cluster', 16],
] as const;

for (const [server, title, kind, shards] of KINDS)
  describeWithServer(server, `the option expiredEvents on ${title}`, (url) => {
    const isCluster = kind === 'cluster';
    let held: TestClient;
    let probed: Probe;
    let store: RedisSessionStore;
    let plain: RedisSessionStore;
    let access: RedisAccess;
    let redis: ReturnType<typeof ask>;
    let now: number;
    let prefix: string;

    beforeAll(async () => {
      held = await FAMILIES[2][1][kind](url);
      redis = ask(held.client);
    });
    afterAll(() => held.close());
    beforeEach(() => {
      prefix = newPrefix();
      probed = probe(held.client);
      store = new RedisSessionStore({ client: probed.client, prefix, expiredEvents: true });
      plain = new RedisSessionStore({ client: probed.client, prefix });
      access = new RedisAccess(connectionOf(held.client)!, prefix);
      now = Date.now();
    });

    /** All deadlines: members and their times. */
    const deadlines = async (): Promise<Record<string, number>> => {
      const sets = times(shards, (n) => redis('zrange', access.deadlineKey(n), '0', '-1', 'WITHSCORES'));
      const words = (await Promise.all<unknown>(sets)).flat(2).map(String);
      return Object.fromEntries(
        words.flatMap((key, n) => (n % 2 === 0 ? [[key, Number(words[n + 1])] as const] : [])),
      );
    };
    const claimed = async (before: number, limit = 100): Promise<SessionKey[]> =>
      (await store.claimExpired!(before, limit)).map(({ key }) => key);
    const in1Hour = (over = {}) => recordOf({ n: '1' }, { expiresAt: now + HOUR, ...over });

    it('is off by default: no claimExpired(), no command and no key', async () => {
      expect([claimsExpiry(plain), claimsExpiry(store)]).toEqual([false, true]);
      const [a, b] = times(2, newKey) as [SessionKey, SessionKey];
      await plain.create(a, in1Hour());
      await plain.patch(a, patchOf({ n: ['1', '2'] }));
      await plain.rekey(a, b, in1Hour(), null);
      expect(probed.sent).toHaveLength(isCluster ? 4 : 3);
      expect(await deadlines()).toEqual({});
    });

    it('sends one command more beside each write, none beside a load or a delete, and declares its key', async () => {
      const [a, b] = times(2, newKey) as [SessionKey, SessionKey];
      const sent = async (work: () => Promise<unknown>): Promise<(readonly string[])[]> => {
        const before = probed.sent.length;
        await work();
        return probed.sent.slice(before).map(({ words }) => words);
      };
      const writes = [
        await sent(() => store.create(a, in1Hour())),
        await sent(() => store.patch(a, patchOf({ n: ['1', '2'] }))),
        await sent(() => store.rekey(a, b, in1Hour(), null)),
      ];
      expect(writes.map((words) => words.length)).toEqual([2, 2, isCluster ? 3 : 2]);
      const keys = writes.map(([words = []]) => words.slice(1, 3));
      for (const [count, key] of keys) {
        expect(count).toBe('1');
        expect(times(shards, (n) => access.deadlineKey(n))).toContain(key);
      }
      const others = [await sent(async () => store.load(b)), await sent(() => store.delete(b))];
      expect(others.map((words) => words.length)).toEqual([1, 1]);
    });

    it('keeps a session for an hour after its expiry, so that a sweep finds it, and its deadline without a limit', async () => {
      const key = newKey();
      await store.create(key, in1Hour({ touchedAt: now }));
      const kept = Number(await redis('pttl', access.sessionKey(key)));
      expect(kept).toBeGreaterThan(2 * HOUR - 60_000);
      expect(kept).toBeLessThanOrEqual(HOUR + CLAIM_GRACE_MS);
      expect(await deadlines()).toEqual({ [key]: now + HOUR });
    });

    it('spreads the deadlines of a cluster over its servers', async () => {
      await Promise.all(times(200, () => store.create(newKey(), in1Hour())));
      const counts = await Promise.all(times(shards, (n) => redis('zcard', access.deadlineKey(n))));
      expect(counts.map(Number).filter((count) => count > 0)).toHaveLength(shards);
      expect(await claimed(now + HOUR, 150)).toHaveLength(150);
      expect(await claimed(now + HOUR, 150)).toHaveLength(50);
      expect(await deadlines()).toEqual({});
    });

    it('leaves the deadline of a touched session until a claim corrects it', async () => {
      const [touched, endless] = times(2, newKey) as [SessionKey, SessionKey];
      for (const key of [touched, endless]) await store.create(key, in1Hour());
      await store.patch(touched, patchOf({}, { expiresAt: now + 3 * HOUR }));
      await store.patch(endless, patchOf({}, { expiresAt: NEVER }));
      expect(await deadlines()).toEqual({ [touched]: now + HOUR, [endless]: now + HOUR });
      expect(await claimed(now + 2 * HOUR)).toEqual([]);
      expect(await deadlines()).toEqual({ [touched]: now + 3 * HOUR });
      expect(await claimed(now + 3 * HOUR)).toEqual([touched]);
    });

    it('keeps a deadline that another claim and a patch have set since it was read', async () => {
      const key = newKey();
      await store.create(key, in1Hour());
      await store.patch(key, patchOf({}, { expiresAt: now + 9 * HOUR }));
      const other = new RedisSessionStore({ client: held.client, prefix, expiredEvents: true });
      probed.before = async () => {
        if (probed.sent.at(-1)!.words[0] !== SETTLE.digest) return;
        probed.before = () => undefined;
        await other.claimExpired!(now + 2 * HOUR, 100);
        await other.patch(key, patchOf({}, { expiresAt: now + 3 * HOUR }));
      };
      expect(await claimed(now + 2 * HOUR)).toEqual([]);
      expect(await deadlines()).toEqual({ [key]: now + 3 * HOUR });
    });

    it('moves a deadline to an earlier time, also of a session that had none', async () => {
      const [long, endless] = times(2, newKey) as [SessionKey, SessionKey];
      await store.create(long, in1Hour({ expiresAt: now + 30 * DAY }));
      await store.create(endless, in1Hour({ expiresAt: NEVER }));
      for (const key of [long, endless]) await store.patch(key, patchOf({}, { expiresAt: now + HOUR }));
      expect((await claimed(now + HOUR)).sort()).toEqual([long, endless].sort());
    });

    it('gives a session of a node without the option a deadline at its next touch', async () => {
      const key = newKey();
      await plain.create(key, in1Hour());
      await store.patch(key, patchOf({}, { expiresAt: now + 2 * HOUR }));
      expect(await claimed(now + 2 * HOUR)).toEqual([key]);
    });

    it('removes a claimed session from the list of its principal, and what is left of deleted and unreadable ones', async () => {
      const [mine, deleted, spoilt] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await store.create(mine, in1Hour({ principal: 'u1' }));
      await store.patch(mine, patchOf({}, { principal: MINE, expiresAt: now + HOUR }));
      for (const key of [deleted, spoilt]) await store.create(key, in1Hour());
      await store.delete(deleted);
      await redis('set', access.sessionKey(spoilt), 'a text');
      expect(await claimed(now + HOUR)).toEqual([mine]);
      expect(await redis('zcard', access.indexKey(textOf('u1')))).toBe(0);
      expect(await deadlines()).toEqual({});
    });

    it('drops deadlines of more than a day ago when sessions are created, if no node claims', async () => {
      const old = times(40, newKey);
      for (const key of old) {
        const at = { createdAt: now - 2 * DAY, touchedAt: now - 2 * DAY, expiresAt: now - 2 * DAY + 1 };
        await store.create(key, recordOf({}, at));
      }
      await Promise.all(times(400, () => store.create(newKey(), in1Hour())));
      const left = await deadlines();
      expect(old.filter((key) => key in left)).toEqual([]);
      expect(Object.keys(left)).toHaveLength(400);
    });

    it('returns the sessions that it has removed when a command fails, and rejects if there are none', async () => {
      await Promise.all(times(20, () => store.create(newKey(), in1Hour())));
      const failAfter = (count: number): void => {
        const from = probed.sent.length;
        probed.before = (at) => {
          if (at > from + count) throw new Error('the server is down');
        };
      };
      failAfter(0);
      await expect(store.claimExpired!(now + HOUR, 100)).rejects.toThrow();
      failAfter(isCluster ? 30 : 12);
      const some = await claimed(now + HOUR);
      expect(some.length).toBeGreaterThan(0);
      expect(some.length).toBeLessThan(20);
      probed.before = () => undefined;
      const rest = await claimed(now + HOUR);
      expect(new Set([...some, ...rest]).size).toBe(20);
      expect(some.length + rest.length).toBe(20);
      expect(await deadlines()).toEqual({});
    });
  });
