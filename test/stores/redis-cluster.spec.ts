import { Test } from '@nestjs/testing';
import { SessionModule } from 'nest-session';
import { RedisSessionStore } from 'nest-session/redis';
import type { SessionKey } from '../../lib/core/session-id.js';
import { newKey, patchOf, recordOf } from '../../lib/testing/contract-records.js';
import { SECRET } from '../support/secret.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { probe, type Probe } from './support/redis-probe.js';

const ofMine = () => recordOf({}, { principal: 'u1' });
/**
 * The commands of a rekey in a cluster: create the record, add its entry, delete the old record, remove the
 * old entry.
 */
const STEPS = [1, 2, 3, 4];

describeWithServer('redis-cluster', 'on a cluster', (url) => {
  let held: TestClient;
  let probed: Probe;
  let store: RedisSessionStore;
  /** Another node of the application. */
  let other: RedisSessionStore;
  beforeAll(async () => void (held = await FAMILIES[0][1].cluster(url)));
  afterAll(() => held.close());
  beforeEach(() => {
    const prefix = newPrefix();
    probed = probe(held.client);
    store = new RedisSessionStore({ client: probed.client, prefix });
    other = new RedisSessionStore({ client: held.client, prefix });
  });

  afterEach(() => other.close());

  /** Runs before the command with this number, counted from now on. */
  const beforeStep = (step: number, happens: () => void | Promise<void>): void => {
    const sent = probed.sent.length;
    probed.before = (count) => (count === sent + step ? happens() : undefined);
  };
  const crash = (): void => {
    throw Object.assign(new Error('crash'), { code: 'CRASH' });
  };
  const isAlive = async (key: SessionKey): Promise<boolean> => (await other.load(key)) !== null;
  const listed = async (): Promise<SessionKey[]> =>
    (await other.listByPrincipal('u1', Date.now(), 10)).map(({ key }) => key);

  it('reads the index of a principal from the master: it sends no command that a client sends to a replica', async () => {
    await store.create(newKey(), ofMine());
    await store.listByPrincipal('u1', Date.now(), 10);
    await store.deleteByPrincipal('u1', null);
    const commands = probed.sent.map(({ command }) => command);
    expect(commands).not.toHaveLength(0);
    expect(commands.filter((command) => !['evalsha', 'eval', 'zrem'].includes(command))).toEqual([]);
  });

  describe.each(FAMILIES)('behind a plain client of %s', (_, family) => {
    let plain: TestClient;
    beforeEach(async () => void (plain = await family.single(url)));
    afterEach(() => plain.close());

    it('fails the start of an application with an error that contains the fix', async () => {
      const application = Test.createTestingModule({
        imports: [
          SessionModule.forRoot({ secret: SECRET, store: new RedisSessionStore({ client: plain.client }) }),
        ],
      });
      const app = (await application.compile()).createNestApplication({ logger: false });
      await expect(app.init()).rejects.toThrow(/in cluster mode.*Set the option client to a Cluster/);
    });

    it('rejects each call that fails for this reason with the same error', async () => {
      const alone = new RedisSessionStore({ client: plain.client, prefix: newPrefix() });
      const creates = Array.from({ length: 10 }, () => alone.create(newKey(), ofMine()));
      const outcomes = await Promise.allSettled(creates);
      const failed = outcomes.filter(({ status }) => status === 'rejected');
      expect(failed.length).toBeGreaterThan(0);
      for (const outcome of failed)
        expect(outcome).toMatchObject({
          reason: { message: expect.stringMatching(/in cluster mode/) as unknown },
        });
    });
  });

  it('starts an application with a client of a cluster', async () => {
    await expect(store.onModuleInit()).resolves.toBeUndefined();
  });

  it.each(STEPS)('a rekey that stops before step %d leaves one session, which is listed', async (step) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, ofMine());
    beforeStep(step, crash);
    await expect(store.rekey(from, to, ofMine(), 0)).rejects.toMatchObject({ code: 'CRASH' });
    // The browser still has the old id, unless the old session was deleted.
    const [reachable, isOld] = step < 4 ? [from, true] : [to, false];
    expect(await isAlive(from)).toBe(isOld);
    expect(await listed()).toContain(reachable);
    // A session that exists but is not listed was created just now, with an id that no browser has.
    const unlisted = (await isAlive(to)) && !(await listed()).includes(to);
    expect(unlisted).toBe(step === 2);
    await other.deleteByPrincipal('u1', null);
    expect(await isAlive(reachable)).toBe(false);
    expect(await listed()).toEqual([]);
  });

  it.each([
    [1, [true, false]],
    [2, [true, true]],
    [3, [true, true]],
    [4, [false, true]],
  ] as const)(
    'before step %d a rekey has the old and the new key as in %j, and never neither',
    async (step, there) => {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, ofMine());
      let seen: readonly boolean[] = [];
      beforeStep(step, async () => void (seen = [await isAlive(from), await isAlive(to)]));
      expect(await store.rekey(from, to, ofMine(), 0)).toBe('applied');
      expect(seen).toEqual(there);
      expect([await isAlive(from), await isAlive(to)]).toEqual([false, true]);
    },
  );

  it.each(STEPS)('a rekey leaves no session when all sessions are deleted at its step %d', async (step) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, ofMine());
    beforeStep(step, async () => void (await other.deleteByPrincipal('u1', null)));
    await store.rekey(from, to, ofMine(), 0);
    expect([await isAlive(from), await isAlive(to)]).toEqual([false, false]);
    expect(await listed()).toEqual([]);
  });

  it.each(STEPS)('a rekey loses no change that another node makes at its step %d', async (step) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, ofMine());
    const principal = { from: 'u1', to: 'u1' };
    let patched: unknown;
    beforeStep(step, async () => {
      patched = await other.patch(from, patchOf({ n: [null, '1'] }, { principal }));
    });
    const moved = await store.rekey(from, to, ofMine(), 0);
    if (step < 4) expect([patched, typeof moved]).toEqual(['applied', 'object']);
    else expect([patched, moved]).toEqual(['missing', 'applied']);
    expect(await listed()).toEqual([step < 4 ? from : to]);
  });

  it.each([1, 2])(
    'a session that is listed by a call before step %d of its creation is listed afterwards',
    async (step) => {
      const key = newKey();
      beforeStep(step, async () => void (await listed()));
      await store.create(key, ofMine());
      expect(await listed()).toEqual([key]);
    },
  );

  it.each([1, 2])(
    'a login that is listed by a call before its step %d is listed afterwards',
    async (step) => {
      const key = newKey();
      await store.create(key, recordOf({}));
      beforeStep(step, async () => void (await listed()));
      expect(await store.patch(key, patchOf({}, { principal: { from: null, to: 'u1' } }))).toBe('applied');
      expect(await listed()).toEqual([key]);
    },
  );

  it('a session that moves past the kept one while all others are deleted is deleted too', async () => {
    const [kept, from, to] = [newKey(), newKey(), newKey()];
    const now = Date.now();
    await store.create(kept, recordOf({}, { principal: 'u1', expiresAt: now + 2_000_000 }));
    await store.create(from, recordOf({}, { principal: 'u1', expiresAt: now + 1_000_000 }));
    const next = recordOf({}, { principal: 'u1', expiresAt: now + 3_000_000 });
    beforeStep(2, async () => void (await other.rekey(from, to, next, 0)));
    expect(await store.deleteByPrincipal('u1', kept)).toBe(1);
    expect([await isAlive(from), await isAlive(to)]).toEqual([false, false]);
    expect(await listed()).toEqual([kept]);
  });

  it('two concurrent logins of one session leave it listed, in either order', async () => {
    const key = newKey();
    await store.create(key, recordOf({}));
    const login = patchOf({}, { principal: { from: null, to: 'u1' } });
    beforeStep(2, async () => void (await other.patch(key, login)));
    expect(typeof (await store.patch(key, login))).toBe('object');
    expect(await listed()).toEqual([key]);
  });

  it('a delete that stops before its second step leaves no session and no listed entry', async () => {
    const key = newKey();
    await store.create(key, ofMine());
    beforeStep(2, crash);
    await expect(store.delete(key)).rejects.toMatchObject({ code: 'CRASH' });
    expect(await isAlive(key)).toBe(false);
    expect(await listed()).toEqual([]);
  });
});
