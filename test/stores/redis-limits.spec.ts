import { RedisSessionStore } from 'nest-session/redis';
import type { SessionKey } from '../../lib/core/session-id.js';
import type { PrincipalLimit, WriteTerms } from '../../lib/core/store/session-store.js';
import { RedisAccess } from '../../lib/stores/redis/redis-access.js';
import { connectionOf } from '../../lib/stores/redis/redis-clients.js';
import { textOf } from '../../lib/stores/redis/redis-record.js';
import { newKey, recordOf, times } from '../../lib/testing/contract-records.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { ask, probe, type Probe } from './support/redis-probe.js';

const KINDS = [
  ['redis', 'one server', 'single'],
  ['redis-cluster', 'a cluster', 'cluster'],
] as const;
const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
const HOUR = 3_600_000;

type Mode = PrincipalLimit['whenReached'];

const REALM = 'default';
const limitedTo = (most: number, whenReached: Mode): WriteTerms => ({
  realm: REALM,
  isLogin: true,
  limit: { most, whenReached, at: Date.now() },
});
/** A session that is `age` milliseconds old. */
const ofMine = (age = 0, over = {}) => {
  const createdAt = Date.now() - age;
  return recordOf({ n: '1' }, { principal: 'u1', createdAt, touchedAt: createdAt, ...over });
};

for (const [server, title, kind] of KINDS)
  describeWithServer(server, `limits on ${title}`, (url) => {
    let held: TestClient;
    let redis: ReturnType<typeof ask>;
    let prefix: string;
    let placeOf: (key: SessionKey) => string;
    let indexOf: (principal: string) => string;
    let probed: Probe;
    let store: RedisSessionStore;
    /** Other nodes of the application. */
    let others: readonly RedisSessionStore[];
    let other: RedisSessionStore;

    beforeAll(async () => {
      held = await FAMILIES[2][1][kind](url);
      (held.client as { setMaxListeners?: (most: number) => void }).setMaxListeners?.(50);
      redis = ask(held.client);
    });
    afterAll(() => held.close());
    beforeEach(() => {
      prefix = newPrefix();
      probed = probe(held.client);
      store = new RedisSessionStore({ client: probed.client, prefix });
      const access = new RedisAccess(connectionOf(held.client)!, prefix);
      placeOf = (key) => access.sessionKey(key);
      indexOf = (principal) => access.indexKey(textOf(principal));
      others = times(4, () => new RedisSessionStore({ client: held.client, prefix }));
      other = others[0]!;
    });
    afterEach(() => Promise.all([store, ...others].map((each) => each.close())));

    const beforeStep = (step: number, happens: () => unknown): void => {
      const sent = probed.sent.length;
      probed.before = async (count) => void (count === sent + step && (await happens()));
    };
    const counted = async (work: () => unknown): Promise<number> => {
      const before = probed.sent.length;
      await work();
      return probed.sent.length - before;
    };
    const crash = (): void => {
      throw Object.assign(new Error('crash'), { code: 'CRASH' });
    };
    const isAlive = async (key: SessionKey): Promise<boolean> =>
      ![null, 'revoked'].includes((await other.load(key, REALM)) as string | null);
    const listed = async (): Promise<SessionKey[]> =>
      (await other.listByPrincipal('u1', Date.now(), 100)).map(({ key }) => key);
    const aliveOf = async (keys: readonly SessionKey[]): Promise<SessionKey[]> => {
      const alive = await Promise.all(keys.map(isAlive));
      return keys.filter((_, n) => alive[n]);
    };
    /** Three sessions, the oldest first. */
    const three = async (): Promise<[SessionKey, SessionKey, SessionKey]> => {
      const keys = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      for (const [n, key] of keys.entries()) await other.create(key, ofMine(HOUR / 2 - n * 1000));
      return keys;
    };

    it('sends one command more per login below a limit, and the epoch beside it; at the limit it also loads and removes', async () => {
      await store.epoch(REALM);
      const [a, b] = times(2, newKey) as [SessionKey, SessionKey];
      await store.create(b, recordOf({}));
      const terms = () => limitedTo(2, 'evict-oldest');
      const counts = {
        create: await counted(() => store.create(a, ofMine(), terms())),
        rekey: await counted(() => store.rekey(b, newKey(), ofMine(), 0, terms())),
        createFull: await counted(() => store.create(newKey(), ofMine(), terms())),
      };
      // Create beside the epoch, admit, claim; when full: two loads, one removal, and admit again.
      expect(counts).toEqual({ create: 3, rekey: 4, createFull: 7 });
    });

    it('declares each key that a script uses', async () => {
      await three();
      await store.create(newKey(), ofMine(), limitedTo(3, 'evict-oldest'));
      for (const { command, words } of probed.sent) {
        expect(command).toBe('evalsha');
        const keys = words.slice(2, 2 + Number(words[1]));
        expect(keys).toHaveLength(1);
        expect(keys[0]!.startsWith(prefix)).toBe(true);
      }
    });

    it.each(['evict-oldest', 'evict-least-recent'] as const)(
      '%s: removes one session and returns it',
      async (mode) => {
        const [first, second, third] = await three();
        const touched = { touchedAt: Date.now(), expiresAt: Date.now() + HOUR };
        const principal = { from: 'u1', to: 'u1' };
        await other.patch(first, { ...touched, principal, changes: new Map() });
        const key = newKey();
        const victim = mode === 'evict-oldest' ? first : second;
        const record = await other.load(victim);
        expect(await store.create(key, ofMine(), limitedTo(3, mode))).toEqual({
          evicted: [{ key: victim, record }],
        });
        const remaining = [first, second, third].filter((each) => each !== victim);
        expect((await listed()).sort()).toEqual([...remaining, key].sort());
        expect(await isAlive(victim)).toBe(false);
      },
    );

    it('evicts down to a limit that was lowered', async () => {
      const keys = await three();
      const key = newKey();
      expect(await store.create(key, ofMine(), limitedTo(1, 'evict-oldest'))).toMatchObject({
        evicted: keys.map((each) => ({ key: each })),
      });
      expect(await listed()).toEqual([key]);
    });

    it('rejects without a trace', async () => {
      const keys = await three();
      const [from, to, created] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await other.create(from, recordOf({ a: '1' }));
      expect(await store.rekey(from, to, ofMine(), 0, limitedTo(3, 'reject'))).toBe('limit');
      expect(await store.create(created, ofMine(), limitedTo(3, 'reject'))).toBe('limit');
      expect(await other.load(from)).toMatchObject({ revision: 0, principal: null });
      expect(await aliveOf([to, created])).toEqual([]);
      expect((await listed()).sort()).toEqual([...keys].sort());
    });

    it.each(MODES)('%s: counts only live sessions of the principal', async (mode) => {
      const keys = times(5, newKey) as [SessionKey, SessionKey, SessionKey, SessionKey, SessionKey];
      const [gone, expired, refused, strange, mine] = keys;
      const many = limitedTo(9, 'reject');
      await other.create(gone, ofMine(5000), many);
      await redis('del', placeOf(gone));
      await other.create(refused, ofMine(5000), many);
      await other.advanceEpoch(REALM);
      await other.create(expired, ofMine(5000, { expiresAt: Date.now() - 1 }), many);
      await other.create(strange, recordOf({}, { principal: 'u2' }), many);
      await redis('zadd', indexOf('u1'), String(Date.now() + HOUR), strange);
      expect(await store.create(mine, ofMine(1000), limitedTo(1, mode))).toBe('created');
      expect(await isAlive(strange)).toBe(true);
      const next = newKey();
      if (mode === 'reject') expect(await store.create(next, ofMine(), limitedTo(1, mode))).toBe('limit');
      else
        expect(await store.create(next, ofMine(), limitedTo(1, mode))).toMatchObject({
          evicted: [{ key: mine }],
        });
    });

    it.each(MODES)('%s: a rekey that is missing, a conflict or a collision evicts nobody', async (mode) => {
      const keys = await three();
      const [from, to, taken] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await other.create(from, recordOf({ a: '1' }));
      await other.create(taken, recordOf({}));
      const terms = limitedTo(3, mode);
      expect(await store.rekey(newKey(), to, ofMine(), 0, terms)).toBe('missing');
      expect(await store.rekey(from, to, ofMine(), 7, terms)).toMatchObject({ conflict: { revision: 0 } });
      expect(await store.rekey(from, taken, ofMine(), 0, terms)).toBe('collision');
      expect(await store.create(taken, ofMine(), terms)).toBe('collision');
      expect((await listed()).sort()).toEqual([...keys].sort());
      expect(await isAlive(to)).toBe(false);
      await other.advanceEpoch(REALM);
      expect(await store.rekey(from, to, ofMine(), 0, terms)).toBe('missing');
      expect(await aliveOf([from, to])).toEqual([]);
    });

    it.each(MODES)('%s: the same below the limit', async (mode) => {
      const [from, to] = [newKey(), newKey()];
      await other.create(from, recordOf({ a: '1' }));
      const terms = limitedTo(3, mode);
      expect(await store.rekey(newKey(), to, ofMine(), 0, terms)).toBe('missing');
      expect(await store.rekey(from, to, ofMine(), 7, terms)).toMatchObject({ conflict: { revision: 0 } });
      expect(await listed()).toEqual([]);
      expect(await isAlive(to)).toBe(false);
      expect(await store.rekey(from, to, ofMine(), 0, terms)).toBe('applied');
      expect(await listed()).toEqual([to]);
      expect(await isAlive(from)).toBe(false);
    });

    it('does not count the session that it replaces', async () => {
      const [from, to] = [newKey(), newKey()];
      await other.create(from, ofMine(1000));
      expect(await store.rekey(from, to, ofMine(), 0, limitedTo(1, 'reject'))).toBe('applied');
      expect(await listed()).toEqual([to]);
    });

    it('a rekey that is no login keeps its epoch', async () => {
      const [from, to, next] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await other.advanceEpoch(REALM);
      await other.create(from, recordOf({}), limitedTo(1, 'reject'));
      const terms = { ...limitedTo(1, 'reject'), isLogin: false };
      expect(await store.rekey(from, to, ofMine(0, { epoch: 1 }), null, terms)).toBe('applied');
      expect(await store.load(to, REALM)).toMatchObject({ epoch: 1 });
      await other.advanceEpoch(REALM);
      expect(await store.rekey(to, next, ofMine(0, { epoch: 1 }), null, terms)).toBe('missing');
      expect(await isAlive(next)).toBe(false);
    });

    // Create, epoch, admit, four loads, removal, admit, claim.
    const STEPS = times(10, (n) => n + 1);

    it.each(STEPS)('a login that stops before step %d leaves no session too many', async (step) => {
      const keys = await three();
      const [from, to, next] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await other.create(from, recordOf({}));
      beforeStep(step, crash);
      await expect(store.rekey(from, to, ofMine(), 0, limitedTo(3, 'evict-oldest'))).rejects.toMatchObject({
        code: 'CRASH',
      });
      probed.before = () => undefined;
      // The browser still has the old id.
      expect(await isAlive(from)).toBe(true);
      expect((await listed()).length).toBeLessThanOrEqual(3);
      expect((await listed()).length).toBeGreaterThanOrEqual(2);
      await other.rekey(from, next, ofMine(-1000), 0, limitedTo(3, 'evict-oldest'));
      const alive = await listed();
      expect(alive).toHaveLength(3);
      expect(alive).toContain(next);
      expect(keys.filter((key) => alive.includes(key)).length).toBeGreaterThanOrEqual(1);
    });

    it.each(STEPS)('another login at step %d leaves exactly the limit', async (step) => {
      const keys = await three();
      const [from, to, next] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await other.create(from, recordOf({}));
      beforeStep(step, () => other.create(next, ofMine(-1000), limitedTo(3, 'evict-oldest')));
      await store.rekey(from, to, ofMine(), 0, limitedTo(3, 'evict-oldest'));
      const alive = await aliveOf([...keys, from, to, next]);
      expect(alive.sort()).toEqual([keys[2], to, next].sort());
      expect((await listed()).sort()).toEqual(alive);
    });

    it.each(STEPS)('a victim that gets another key at step %d does not escape', async (step) => {
      const keys = await three();
      const [moved, key] = [newKey(), newKey()];
      const record = (await other.load(keys[0])) as never;
      beforeStep(step, () => other.rekey(keys[0], moved, record, null));
      await store.create(key, ofMine(), limitedTo(3, 'evict-oldest'));
      const alive = await aliveOf([...keys, moved, key]);
      expect(alive.length).toBeLessThanOrEqual(3);
      expect(alive).toEqual(expect.arrayContaining([keys[2], key]));
      expect((await listed()).sort()).toEqual(alive.sort());
    });

    it.each(STEPS)(
      'a login leaves no session when all are deleted at its step %d, or only its own',
      async (step) => {
        const keys = await three();
        const [from, to] = [newKey(), newKey()];
        await other.create(from, recordOf({}));
        beforeStep(step, () => other.deleteByPrincipal('u1', null));
        await store.rekey(from, to, ofMine(), 0, limitedTo(3, 'evict-oldest'));
        expect(await aliveOf(keys)).toEqual([]);
        expect(await listed()).toEqual(await aliveOf([to]));
      },
    );

    describe.each(MODES)('%s', (mode) => {
      it('50 concurrent logins of four nodes leave exactly three sessions', async () => {
        const created = times(25, newKey);
        const froms = times(25, newKey);
        const tos = times(25, newKey);
        await Promise.all(froms.map((key) => other.create(key, recordOf({ a: '1' }))));
        const results = await Promise.all([
          ...created.map((key, n) => others[n % 4]!.create(key, ofMine(n), limitedTo(3, mode))),
          ...tos.map((key, n) => others[n % 4]!.rekey(froms[n]!, key, ofMine(n), 0, limitedTo(3, mode))),
        ]);
        const alive = await aliveOf([...created, ...tos]);
        expect(alive).toHaveLength(3);
        expect((await listed()).sort()).toEqual(alive.sort());
        const rejected = results.filter((result) => result === 'limit').length;
        expect(rejected).toBe(mode === 'reject' ? 47 : 0);
        const evicted = results.flatMap((result) =>
          typeof result === 'object' && 'evicted' in result ? result.evicted : [],
        );
        expect(new Set(evicted.map(({ key }) => key)).size).toBe(mode === 'reject' ? 0 : 47);
        expect(evicted).toHaveLength(mode === 'reject' ? 0 : 47);
        const kept = await aliveOf(froms);
        expect(kept.length).toBe(
          mode === 'reject' ? results.slice(25).filter((r) => r === 'limit').length : 0,
        );
      });
    });

    it('30 races of a login with rekeys of its victims leave no session too many', async () => {
      for (let race = 0; race < 30; race++) {
        const keys = await three();
        const moved = times(3, newKey);
        const key = newKey();
        const record = ofMine(HOUR / 2);
        await Promise.all([
          ...keys.map((from, n) => others[n]!.rekey(from, moved[n]!, record, null)),
          others[3]!.create(key, ofMine(), limitedTo(3, 'evict-oldest')),
        ]);
        const alive = await aliveOf([...keys, ...moved, key]);
        expect(alive.length).toBeLessThanOrEqual(3);
        expect(alive).toContain(key);
        expect((await listed()).sort()).toEqual(alive.sort());
        await other.deleteByPrincipal('u1', null);
      }
    });
  });
