import { NEVER } from '../../lib/core/store/session-record.js';
import type { SessionKey } from '../../lib/core/session-id.js';
import { GRACE_MS, textOf } from '../../lib/stores/redis/redis-record.js';
import { RedisAccess } from '../../lib/stores/redis/redis-access.js';
import { connectionOf } from '../../lib/stores/redis/redis-clients.js';
import { RedisSessionStore } from 'nest-session/redis';
import { newKey, patchOf, recordOf, times } from '../../lib/testing/contract-records.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { ask, probe, type Probe } from './support/redis-probe.js';

const HOUR = 3_600_000;
const MINE = { from: 'u1', to: 'u1' };
const ofMine = (over = {}) => recordOf({ n: '1' }, { principal: 'u1', ...over });

const KINDS = [
  ['redis', 'one server', 'single'],
  ['redis-cluster', 'a cluster', 'cluster'],
] as const;
const FAMILY_OF_CHOICE = FAMILIES[2][1];

for (const [server, title, kind] of KINDS) {
  describeWithServer(server, `how sessions lie in ${title}`, (url) => {
    let held: TestClient;
    let probed: Probe;
    let prefix: string;
    let store: RedisSessionStore;
    let redis: ReturnType<typeof ask>;
    let placeOf: (key: SessionKey) => string;
    let indexOf: (principal: string) => string;

    beforeAll(async () => {
      held = await FAMILY_OF_CHOICE[kind](url);
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
    });

    const keptFor = async (place: string): Promise<number> => Number(await redis('pttl', place));
    const members = (principal: string): Promise<unknown> => redis('zrange', indexOf(principal), '0', '-1');

    it('sends one command per operation on an anonymous session, and the expected ones for other sessions', async () => {
      const isCluster = kind === 'cluster';
      const counted = async (work: () => Promise<unknown>): Promise<number> => {
        const before = probed.sent.length;
        await work();
        return probed.sent.length - before;
      };
      const [a, b, c, d] = times(4, newKey) as [SessionKey, SessionKey, SessionKey, SessionKey];
      const ofNobody = {
        create: await counted(() => store.create(a, recordOf({ n: '1' }))),
        load: await counted(() => store.load(a)),
        patch: await counted(() => store.patch(a, patchOf({ n: ['1', '2'] }))),
        touch: await counted(() => store.patch(a, patchOf({}))),
        rekey: await counted(() => store.rekey(a, b, recordOf({}), 1)),
        delete: await counted(() => store.delete(b)),
      };
      expect(ofNobody).toEqual({
        create: 1,
        load: 1,
        patch: 1,
        touch: 1,
        rekey: isCluster ? 2 : 1,
        delete: 1,
      });
      const ofSomebody = {
        create: await counted(() => store.create(c, ofMine())),
        // In a cluster two concurrent commands, so one round trip.
        touch: await counted(() => store.patch(c, patchOf({}, { principal: MINE }))),
        rekey: await counted(() => store.rekey(c, d, ofMine(), 0)),
        list: await counted(() => store.listByPrincipal('u1', Date.now(), 1)),
        logout: await counted(() => store.patch(d, patchOf({}, { principal: { from: 'u1', to: null } }))),
        login: await counted(() => store.patch(d, patchOf({}, { principal: { from: null, to: 'u1' } }))),
        delete: await counted(() => store.delete(d)),
      };
      expect(ofSomebody).toEqual({
        create: isCluster ? 2 : 1,
        touch: isCluster ? 2 : 1,
        rekey: isCluster ? 4 : 1,
        list: 2,
        logout: isCluster ? 2 : 1,
        login: isCluster ? 2 : 1,
        delete: 2,
      });
    });

    it('declares each key that a script uses, and uses only its own keys', async () => {
      const [a, b] = [newKey(), newKey()];
      await store.create(a, ofMine());
      await store.patch(a, patchOf({}, { principal: { from: 'u1', to: 'u2' } }));
      await store.rekey(a, b, ofMine(), null);
      await store.listByPrincipal('u1', 0, 10);
      await store.deleteByPrincipal('u1', null);
      expect(new Set(probed.sent.map(({ command }) => command))).toEqual(new Set(['evalsha', 'zrem']));
      for (const { words } of probed.sent.filter(({ command }) => command === 'evalsha')) {
        const keys = words.slice(2, 2 + Number(words[1]));
        expect(keys.every((key) => key.startsWith(prefix))).toBe(true);
        if (kind === 'cluster') expect(keys).toHaveLength(1);
      }
    });

    it('keeps a session until some minutes after its expiry, for any clock of the node', async () => {
      for (const now of [0, Date.now(), Date.now() + 1_000_000 * HOUR]) {
        const key = newKey();
        const at = { createdAt: now, touchedAt: now, expiresAt: now + HOUR };
        await store.create(key, ofMine(at));
        expect(await keptFor(placeOf(key))).toBeGreaterThan(HOUR);
        expect(await keptFor(placeOf(key))).toBeLessThanOrEqual(HOUR + GRACE_MS);
        await store.patch(
          key,
          patchOf({}, { principal: MINE, touchedAt: now + HOUR, expiresAt: now + 4 * HOUR }),
        );
        expect(await keptFor(placeOf(key))).toBeGreaterThan(3 * HOUR);
        expect(await keptFor(indexOf('u1'))).toBeGreaterThan(await keptFor(placeOf(key)));
        await store.deleteByPrincipal('u1', null);
      }
    });

    it.each([-60, 60])(
      'lists every session with a node whose clock differs by %d minutes',
      async (minutes) => {
        const now = Date.now();
        const off = now + minutes * 60_000;
        const keys = times(4, newKey);
        const [early, late, other, third] = keys as [SessionKey, SessionKey, SessionKey, SessionKey];
        const lasting = (at: number) => ({ touchedAt: at, expiresAt: at + HOUR / 2 });
        const at = (time: number) => ofMine({ createdAt: time, ...lasting(time) });
        await store.create(early, at(now));
        await store.create(other, at(off));
        await store.create(late, at(now));
        await store.patch(other, patchOf({}, { principal: MINE, ...lasting(off) }));
        await store.rekey(other, third, at(off), null);
        expect(await keptFor(indexOf('u1'))).toBeGreaterThan(await keptFor(placeOf(early)));
        expect(await store.deleteByPrincipal('u1', null)).toBe(3);
        for (const key of keys) expect(await store.load(key)).toBeNull();
      },
    );

    it('lists every session with a clock that differs by a month', async () => {
      const keys = times(3, newKey);
      for (const [n, key] of keys.entries()) {
        const now = Date.now() + (n % 2) * 720 * HOUR;
        await store.create(key, ofMine({ createdAt: now, touchedAt: now, expiresAt: now + HOUR }));
      }
      expect(await store.deleteByPrincipal('u1', null)).toBe(3);
    });

    it('sets an expiry of the index again when a session without expiry has left it', async () => {
      const [endless, mine] = [newKey(), newKey()];
      await store.create(endless, ofMine({ expiresAt: NEVER }));
      await store.delete(endless);
      await store.create(endless, ofMine({ expiresAt: NEVER }));
      await store.create(mine, ofMine());
      expect(await keptFor(indexOf('u1'))).toBe(-1);
      await store.delete(endless);
      await store.patch(mine, patchOf({}, { principal: MINE }));
      expect(await keptFor(indexOf('u1'))).toBeGreaterThan(await keptFor(placeOf(mine)));
    });

    it('keeps the index of a session without expiry, whatever is added to it', async () => {
      const [endless, mine] = [newKey(), newKey()];
      await store.create(endless, ofMine({ expiresAt: NEVER }));
      await store.create(mine, ofMine());
      await store.patch(mine, patchOf({}, { principal: MINE }));
      expect(await keptFor(indexOf('u1'))).toBe(-1);
    });

    it('removes an entry that expired long ago at the next login, not at each touch', async () => {
      const [old, mine, next] = [newKey(), newKey(), newKey()];
      await store.create(mine, ofMine());
      await redis('zadd', indexOf('u1'), String(Date.now() - 48 * HOUR), old);
      await store.patch(mine, patchOf({}, { principal: MINE }));
      expect(await members('u1')).toEqual([old, mine]);
      await store.create(next, ofMine({ expiresAt: Date.now() + 100 * HOUR }));
      expect(await members('u1')).toEqual([mine, next]);
    });

    it('keeps a session that has already expired for some minutes', async () => {
      const key = newKey();
      await store.create(key, recordOf({}, { expiresAt: 1 }));
      expect(await keptFor(placeOf(key))).toBeGreaterThan(0);
    });

    it('keeps a session without expiry until it gets one', async () => {
      const key = newKey();
      const record = ofMine({ expiresAt: NEVER });
      await store.create(key, record);
      expect([await keptFor(placeOf(key)), await keptFor(indexOf('u1'))]).toEqual([-1, -1]);
      expect(await store.load(key)).toEqual(record);
      await store.patch(key, patchOf({}, { principal: MINE }));
      expect(await keptFor(placeOf(key))).toBeGreaterThan(0);
      await store.patch(key, patchOf({}, { principal: MINE, expiresAt: NEVER }));
      expect([await keptFor(placeOf(key)), await keptFor(indexOf('u1'))]).toEqual([-1, -1]);
      await store.delete(key);
      expect(await redis('exists', indexOf('u1'))).toBe(0);
    });

    it('removes entries without a session when it lists', async () => {
      const [gone, alive] = [newKey(), newKey()];
      for (const key of [gone, alive]) await store.create(key, ofMine());
      await redis('del', placeOf(gone));
      expect((await store.listByPrincipal('u1', Date.now(), 10)).map(({ key }) => key)).toEqual([alive]);
      expect(await members('u1')).toEqual([alive]);
    });

    it('lists as many sessions as requested, after entries without a session', async () => {
      const keys = times(230, newKey);
      for (const [n, key] of keys.entries())
        await store.create(key, ofMine({ expiresAt: Date.now() + HOUR + n }));
      for (const key of keys.slice(100)) await redis('del', placeOf(key));
      expect(await store.listByPrincipal('u1', Date.now(), 70)).toHaveLength(70);
      expect(await store.listByPrincipal('u1', Date.now(), 1000)).toHaveLength(100);
      expect(await members('u1')).toHaveLength(100);
      expect(await store.deleteByPrincipal('u1', keys[3]!)).toBe(99);
      expect(await members('u1')).toEqual([keys[3]]);
    });

    it('does not grow with each login of a principal who never lists', async () => {
      const day = 24 * HOUR;
      for (let now = 0; now < 30 * day; now += day) {
        await store.create(newKey(), ofMine({ createdAt: now, touchedAt: now, expiresAt: now + 3 * day }));
      }
      expect(((await members('u1')) as unknown[]).length).toBeLessThanOrEqual(4);
    });

    it('deletes all sessions when some are missing or belong to others now', async () => {
      const [gone, other, mine] = [newKey(), newKey(), newKey()];
      for (const key of [gone, mine]) await store.create(key, ofMine());
      await store.create(other, recordOf({}, { principal: 'u2' }));
      await redis('zadd', indexOf('u1'), String(Date.now() + HOUR), other);
      await redis('del', placeOf(gone));
      expect(await store.deleteByPrincipal('u1', null)).toBe(1);
      expect(await store.load(other)).not.toBeNull();
      expect(await members('u1')).toEqual([other]);
    });

    it('removes an entry when the principal changes, and when the session is rekeyed', async () => {
      const [first, second] = [newKey(), newKey()];
      await store.create(first, ofMine());
      await store.patch(first, patchOf({}, { principal: { from: 'u1', to: 'u2' } }));
      expect([await members('u1'), await members('u2')]).toEqual([[], [first]]);
      await store.rekey(first, second, ofMine(), null);
      expect([await members('u1'), await members('u2')]).toEqual([[second], []]);
      await store.patch(second, patchOf({}, { principal: { from: 'u1', to: null } }));
      expect(await members('u1')).toEqual([]);
    });

    it('never moves an entry to an earlier expiry by a late touch in a cluster', async () => {
      const key = newKey();
      const [sooner, later] = [Date.now() + HOUR, Date.now() + 2 * HOUR];
      await store.create(key, ofMine({ expiresAt: sooner }));
      await store.patch(key, patchOf({}, { principal: MINE, expiresAt: later }));
      await store.patch(key, patchOf({}, { principal: MINE, expiresAt: sooner }));
      const score = Number(await redis('zscore', indexOf('u1'), key));
      expect(score).toBe(kind === 'cluster' ? later : sooner);
      expect(await store.listByPrincipal('u1', sooner, 10)).toEqual([]);
    });

    it('lists a session again after its next use, when the server has evicted the index', async () => {
      const key = newKey();
      await store.create(key, ofMine());
      await redis('del', indexOf('u1'));
      expect(await store.patch(key, patchOf({}, { principal: MINE }))).toBe('applied');
      expect(await members('u1')).toEqual([key]);
    });

    it('adds no entry for a deleted session', async () => {
      const key = newKey();
      expect(await store.patch(key, patchOf({}, { principal: MINE }))).toBe('missing');
      expect(await store.patch(key, patchOf({}, { principal: { from: null, to: 'u1' } }))).toBe('missing');
      expect(await redis('exists', indexOf('u1'))).toBe(0);
    });

    it.each([
      { what: 'a text', command: ['set', 'x'], instead: true },
      { what: 'a list', command: ['rpush', 'x'], instead: true },
      { what: 'a hash of something else', command: ['hset', 'a', 'b'], instead: true },
      { what: 'a hash that looks like an answer', command: ['hset', 'missing', 'b'], instead: true },
      { what: 'another format', command: ['hset', 'v', '2'], instead: false },
      { what: 'no revision', command: ['hdel', 'r'], instead: false },
      { what: 'a time that is no number', command: ['hset', 'e', 'soon'], instead: false },
      { what: 'a time that is no whole number', command: ['hset', 't', '1.5'], instead: false },
      { what: 'a time beyond all numbers', command: ['hset', 'e', '9'.repeat(30)], instead: false },
    ])('takes $what for a record that cannot be read', async ({ command: [command, ...words], instead }) => {
      const [key, other] = [newKey(), newKey()];
      if (!instead) await store.create(key, recordOf({ n: '1' }));
      await redis(command!, placeOf(key), ...words);
      expect(await store.load(key)).toBe('corrupt');
      expect(await store.create(key, recordOf({}))).toBe('collision');
      expect(await store.patch(key, patchOf({ n: ['1', '2'] }))).toBe('missing');
      expect(await store.rekey(key, other, recordOf({}), null)).toBe('missing');
      expect(await store.rekey(other, key, recordOf({}), null)).toMatch(/missing|collision/);
      expect(await store.delete(key)).toBe('deleted');
      expect(await store.load(other)).toBeNull();
    });

    it.each([
      ['a principal', 'p', 'u1'],
      ['a name', '"', '1'],
    ])('does not guess at %s that it did not write', async (_, field, value) => {
      const key = newKey();
      await store.create(key, recordOf({}));
      await redis('hset', placeOf(key), field, value);
      expect(await store.load(key)).toBe('corrupt');
      expect(await store.delete(key)).toBe('deleted');
    });

    it('creates no session when the index cannot be written', async () => {
      const key = newKey();
      await redis('set', indexOf('u1'), 'x');
      await expect(store.create(key, ofMine())).rejects.toThrow(/WRONGTYPE/);
      // In a cluster the record exists, with an id that no browser has.
      if (kind === 'single') expect(await store.load(key)).toBeNull();
    });

    it('distinguishes lone surrogates, in names and principals', async () => {
      const odd = ['\ud800', '\ud801', '\ufffd', 'v', 'p', '"', '"v"'];
      const keys = times(odd.length, newKey);
      const attributes = new Map(odd.map((name, n) => [name, String(n)]));
      for (const [n, principal] of odd.entries())
        await store.create(keys[n]!, recordOf({}, { principal, attributes }));
      for (const [n, principal] of odd.entries()) {
        const [found, ...more] = await store.listByPrincipal(principal, Date.now(), 10);
        expect(more).toEqual([]);
        expect(found).toMatchObject({ key: keys[n], record: { principal } });
        expect(found!.record.attributes).toEqual(attributes);
      }
    });

    it('writes and removes more attributes than Lua accepts in one call', async () => {
      const key = newKey();
      const names = times(20_000, (n) => `n${n}`);
      await store.create(key, recordOf(Object.fromEntries(names.map((name) => [name, '1']))));
      const changed = Object.fromEntries(names.map((name) => [name, ['1', '22'] as [string, string]]));
      expect(await store.patch(key, patchOf(changed))).toBe('applied');
      const removed = Object.fromEntries(names.map((name) => [name, ['22', null] as [string, null]]));
      expect(await store.patch(key, patchOf(removed))).toBe('applied');
      expect(await store.load(key)).toMatchObject({ revision: 2, attributes: new Map() });
    });
  });
}

describeWithServer('redis', 'a session that one server does not allow to read', (url) => {
  it('is an error, not a corrupt or missing session', async () => {
    const prefix = newPrefix();
    const user = prefix.replace(':', '');
    const owner = await FAMILIES[0][1].single(url);
    const redis = ask(owner.client);
    await redis('acl', 'setuser', user, 'on', '>secret', '~*', '+@all', '-hgetall', '-hmget');
    const asUser = Object.assign(new URL(url), { username: user, password: 'secret' });
    const guest = await FAMILIES[0][1].single(asUser.href);
    try {
      const key = newKey();
      const store = new RedisSessionStore({ client: owner.client, prefix });
      const refused = new RedisSessionStore({ client: guest.client, prefix });
      expect(await refused.create(key, recordOf({ n: '1' }))).toBe('created');
      await expect(refused.load(key)).rejects.toThrow(/can't run this command|NOPERM/i);
      await expect(refused.patch(key, patchOf({ n: ['1', '2'] }))).rejects.toThrow();
      expect(await store.load(key)).toMatchObject({ revision: 0 });
    } finally {
      await guest.close();
      await redis('acl', 'deluser', user);
      await owner.close();
    }
  });
});
