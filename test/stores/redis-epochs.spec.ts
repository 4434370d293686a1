import { jest } from '@jest/globals';
import { RedisSessionStore } from 'nest-session/redis';
import type { SessionKey } from '../../lib/core/session-id.js';
import type { WriteTerms } from '../../lib/core/store/session-store.js';
import { newKey, patchOf, recordOf, times } from '../../lib/testing/contract-records.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { ask, probe, type Probe } from './support/redis-probe.js';

const REALM = 'default';
const KINDS = [
  ['redis', 'one server', 'single'],
  ['redis-cluster', 'a cluster', 'cluster'],
] as const;

const TERMS: WriteTerms = { realm: REALM, isLogin: false, limit: null };
const LOGIN: WriteTerms = { ...TERMS, isLogin: true };
const ofMine = (over = {}) => recordOf({ n: '1' }, { principal: 'u1', ...over });

for (const [server, title, kind] of KINDS)
  describeWithServer(server, `epochs on ${title}`, (url) => {
    const isCluster = kind === 'cluster';
    let held: TestClient;
    let probed: Probe;
    let store: RedisSessionStore;
    /** Another node of the application. */
    let other: RedisSessionStore;
    let redis: ReturnType<typeof ask>;
    let prefix: string;
    let now: number;

    beforeAll(async () => {
      held = await FAMILIES[2][1][kind](url);
      redis = ask(held.client);
    });
    afterAll(() => held.close());
    beforeEach(() => {
      prefix = newPrefix();
      probed = probe(held.client);
      store = new RedisSessionStore({ client: probed.client, prefix });
      other = new RedisSessionStore({ client: held.client, prefix });
      now = 1_000_000;
      jest.spyOn(performance, 'now').mockImplementation(() => now);
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await Promise.all([store.close(), other.close()]);
    });

    const counted = async (work: () => unknown): Promise<number> => {
      const before = probed.sent.length;
      await work();
      return probed.sent.length - before;
    };
    const epochCommands = (): number =>
      probed.sent.filter(({ words }) => words.includes(`${prefix}g:${REALM}`)).length;

    it('sends as many commands with a realm and terms as without, and on a cluster the epoch beside them', async () => {
      await store.epoch(REALM);
      const [a, b, c, d] = times(4, newKey) as [SessionKey, SessionKey, SessionKey, SessionKey];
      const ofNobody = {
        create: await counted(() => store.create(a, recordOf({ n: '1' }), TERMS)),
        load: await counted(() => store.load(a, REALM)),
        rekey: await counted(() => store.rekey(a, b, recordOf({}), 0, TERMS)),
      };
      const ofSomebody = {
        create: await counted(() => store.create(c, ofMine(), LOGIN)),
        login: await counted(() => store.rekey(b, d, ofMine(), 0, LOGIN)),
      };
      expect(ofNobody).toEqual({ create: isCluster ? 2 : 1, load: 1, rekey: isCluster ? 2 : 1 });
      expect(ofSomebody).toEqual({ create: isCluster ? 3 : 1, login: isCluster ? 4 : 1 });
    });

    it('reads the epoch at most once a second beside loads', async () => {
      const key = newKey();
      await store.create(key, recordOf({}));
      await Promise.all(times(20, () => store.load(key, REALM)));
      expect(epochCommands()).toBe(isCluster ? 1 : 20);
      now += 999;
      await store.load(key, REALM);
      expect(epochCommands()).toBe(isCluster ? 1 : 21);
      now += 1;
      await Promise.all(times(20, () => store.load(key, REALM)));
      expect(epochCommands()).toBe(isCluster ? 2 : 41);
    });

    it('refuses a session on another node within a second, and on its own node immediately', async () => {
      const key = newKey();
      await store.create(key, recordOf({}), TERMS);
      expect(await store.load(key, REALM)).not.toBe('revoked');
      await other.advanceEpoch(REALM);
      expect(await other.load(key, REALM)).toBe('revoked');
      now += 1000;
      expect(await store.load(key, REALM)).toBe('revoked');
      expect(await store.load(key)).not.toBe('revoked');
      expect(await store.load(key, 'admin')).not.toBe('revoked');
    });

    it('reads the epoch again when a command has failed', async () => {
      const key = newKey();
      await store.create(key, recordOf({}));
      probed.before = (count) => {
        if (probed.sent[count - 1]!.words.includes(`${prefix}g:${REALM}`)) throw new Error('down');
      };
      await expect(store.load(key, REALM)).rejects.toThrow();
      probed.before = () => undefined;
      expect(await store.load(key, REALM)).toMatchObject({ revision: 0 });
    });

    it('stamps the present epoch also where another node has advanced it just now', async () => {
      await store.epoch(REALM);
      await other.advanceEpoch(REALM);
      const [created, from, loggedIn] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await store.create(created, ofMine(), TERMS);
      await other.create(from, recordOf({}), TERMS);
      await other.advanceEpoch(REALM);
      expect(await store.rekey(from, loggedIn, ofMine(), 0, LOGIN)).toBe('missing');
      expect(await other.load(loggedIn)).toBeNull();
      const again = newKey();
      await store.create(again, ofMine(), LOGIN);
      expect(await other.load(created)).toMatchObject({ epoch: 1 });
      expect(await other.load(again)).toMatchObject({ epoch: 2 });
      expect((await other.listByPrincipal('u1', 0, 10)).map(({ key }) => key).sort()).toEqual(
        [created, again].sort(),
      );
    });

    it('stamps a login, and keeps the stamp in any other rekey and in a patch', async () => {
      const [from, moved, loggedIn] = times(3, newKey) as [SessionKey, SessionKey, SessionKey];
      await other.advanceEpoch(REALM);
      await store.create(from, recordOf({}), TERMS);
      expect(await store.patch(from, patchOf({ n: [null, '1'] }))).toBe('applied');
      expect(await store.load(from)).toMatchObject({ epoch: 1 });
      expect(await store.rekey(from, moved, recordOf({}, { epoch: 1 }), 1, TERMS)).toBe('applied');
      expect(await store.load(moved, REALM)).toMatchObject({ epoch: 1 });
      expect(await store.rekey(moved, loggedIn, ofMine({ epoch: 0 }), 0, LOGIN)).toBe('applied');
      expect(await store.load(loggedIn, REALM)).toMatchObject({ epoch: 1, principal: 'u1' });
    });

    it.each([false, true])('moves no refused session: it is missing (login %p)', async (isLogin) => {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, ofMine(), TERMS);
      await store.advanceEpoch(REALM);
      for (const revision of [0, null, 7])
        expect(await store.rekey(from, to, ofMine(), revision, { ...TERMS, isLogin })).toBe('missing');
      expect(await store.load(to)).toBeNull();
      expect(await store.load(from)).toMatchObject({ revision: 0 });
      expect(await store.rekey(from, to, ofMine(), 0)).toBe('applied');
    });

    it('writes no field and no key for an epoch of 0', async () => {
      const key = newKey();
      await store.create(key, ofMine({ epoch: 3 }), TERMS);
      expect(await redis('hexists', `${prefix}s:${key}`, 'g')).toBe(0);
      expect(await redis('exists', `${prefix}g:${REALM}`)).toBe(0);
      expect(await store.load(key, REALM)).not.toHaveProperty('epoch');
    });

    it('keeps an epoch without an expiry, and adds one for each of 20 concurrent calls', async () => {
      expect(await store.epoch(REALM)).toBe(0);
      const epochs = await Promise.all(times(20, (n) => (n % 2 === 0 ? store : other).advanceEpoch(REALM)));
      expect(epochs.sort((a, b) => a - b)).toEqual(times(20, (n) => n + 1));
      expect(await store.epoch(REALM)).toBe(20);
      expect(await store.epoch('admin')).toBe(0);
      expect(await redis('pttl', `${prefix}g:${REALM}`)).toBe(-1);
    });

    it('loads a hash of a version without epochs, and refuses it after the first advance', async () => {
      const key = newKey();
      const fields = { v: '1', c: '1000', r: '2', t: '2000', e: '9000', p: '"u1"', '"n"': '[1]' };
      await redis('hset', `${prefix}s:${key}`, ...Object.entries(fields).flat());
      expect(await store.load(key, REALM)).toEqual({
        createdAt: 1000,
        touchedAt: 2000,
        expiresAt: 9000,
        principal: 'u1',
        revision: 2,
        attributes: new Map([['n', '[1]']]),
      });
      await store.advanceEpoch(REALM);
      expect(await store.load(key, REALM)).toBe('revoked');
    });

    it('creates a record again that a concurrent removal of outdated records has removed', async () => {
      await other.advanceEpoch(REALM);
      const key = newKey();
      probed.before = async (count) => {
        // The correction of the stamp, on a cluster.
        if (count === 3) await other.delete(key);
      };
      expect(await store.create(key, recordOf({ n: '1' }), TERMS)).toBe('created');
      expect(await store.load(key, REALM)).toMatchObject({ epoch: 1 });
    });

    it('30 races of an advance with creations: before it all are refused, after it none', async () => {
      const readers = times(3, () => new RedisSessionStore({ client: held.client, prefix }));
      for (let race = 0; race < 30; race++) {
        const before = times(5, newKey);
        const after = times(5, newKey);
        await Promise.all(before.map((key, n) => readers[n % 3]!.create(key, ofMine(), TERMS)));
        await Promise.all([
          other.advanceEpoch(REALM),
          ...times(5, (n) => readers[n % 3]!.create(newKey(), ofMine(), TERMS)),
        ]);
        await Promise.all(after.map((key, n) => readers[n % 3]!.create(key, ofMine(), TERMS)));
        now += 1000;
        const loaded = await Promise.all([...before, ...after].map((key) => readers[0]!.load(key, REALM)));
        expect(loaded.slice(0, 5)).toEqual(times(5, () => 'revoked'));
        expect(loaded.slice(5).every((record) => typeof record === 'object')).toBe(true);
      }
      await Promise.all(readers.map((reader) => reader.close()));
    });
  });
