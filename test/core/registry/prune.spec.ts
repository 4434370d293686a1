import type { SessionKey } from 'nest-session/http';
import { sessionHandle } from '../../../lib/core/session-id.js';
import { hours, minutes } from '../../../lib/core/util/clock.js';
import { SlowStore } from './slow-store.js';
import { RegistryFixture, START } from './registry-fixture.js';

const settled = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe('SessionRegistry.revokeEverything', () => {
  it('refuses all sessions of its name, and those alone', async () => {
    const fixture = new RegistryFixture(new SlowStore());
    const user = await fixture.login('u1');
    const anonymous = await fixture.login(null);
    const admin = await fixture.login('u1', { realm: 'admin', own: { $name: 'admin' } });
    await fixture.registry().revokeEverything();

    for (const key of [user, anonymous])
      expect(await fixture.store.load(key, 'default')).not.toHaveProperty('createdAt');
    expect(await fixture.store.load(admin, 'admin')).toHaveProperty('createdAt');
    expect(await fixture.registry().list('u1')).toEqual([]);
    expect(await fixture.registry({ realm: 'admin' }).count('u1')).toBe(1);
    const about = { sessionName: 'default', at: START, handle: null, principal: null };
    expect(fixture.events).toEqual([{ type: 'revoked', reason: 'everything', ...about }]);

    await fixture.login('u1');
    expect(await fixture.registry().count('u1')).toBe(1);
  });

  it('neither counts nor reports a session again that it has ended', async () => {
    const store = new SlowStore();
    Object.assign(store, { scan: undefined });
    const fixture = new RegistryFixture(store);
    const key = await fixture.login('u1');
    await fixture.registry().revokeEverything();
    await settled();
    expect(store.load(key) !== null).toBe(true);
    expect(await fixture.registry().revoke('u1', sessionHandle(key))).toBe(false);
    expect(await fixture.registry().revokeAll('u1')).toBe(0);
    expect(fixture.events).toHaveLength(1);
    expect(store.load(key) !== null).toBe(false);
  });

  it('deletes the refused records, except young ones and one that may belong to a named session', async () => {
    const store = new SlowStore();
    const fixture = new RegistryFixture(store);
    await fixture.registry().revokeEverything();
    const ageMs = minutes(1);
    await fixture.login(null, { ageMs });
    for (let n = 0; n < 1100; n++) await fixture.login(`u${n}`, { ageMs });
    const young = await fixture.login('u1', { ageMs: ageMs - 1 });
    const createdAt = START - ageMs;
    const times = { createdAt, touchedAt: createdAt, expiresAt: START + hours(1) };
    const ofEarlierVersion = 'earlier' as SessionKey;
    await store.create(ofEarlierVersion, { ...times, principal: null, revision: 0, attributes: new Map() });
    const admin = await fixture.login(null, { realm: 'admin', ageMs, own: { $name: 'admin' } });

    await fixture.registry().revokeEverything();
    expect(store.size).toBeGreaterThan(1000);
    await settled();
    expect(await store.keys()).toEqual([ofEarlierVersion, admin, young].sort());
  });

  it('reports a deletion that fails', async () => {
    const store = new SlowStore();
    Object.assign(store, { scan: () => Promise.reject(new Error('down')) });
    const fixture = new RegistryFixture(store);
    await fixture.registry().revokeEverything();
    await settled();
    expect(fixture.events).toMatchObject([
      { type: 'revoked' },
      { type: 'sweep-failed', error: { code: 'ERR_SESSION_STORE' } },
    ]);
  });

  it('needs a store with epochs', async () => {
    const store = new SlowStore();
    Object.assign(store, { epoch: undefined });
    await expect(new RegistryFixture(store).registry().revokeEverything()).rejects.toThrow(
      'SessionRegistry.revokeEverything() needs a store with epoch() and advanceEpoch(); SlowStore has none.',
    );
  });
});
