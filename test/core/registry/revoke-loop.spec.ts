import { MemorySessionStore, type SessionKey, type SessionRecord } from 'nest-session/http';
import { newSessionId, sessionHandle, sessionKey } from '../../../lib/core/session-id.js';
import { SlowStore } from './slow-store.js';
import { RegistryFixture } from './registry-fixture.js';

const newKey = (): SessionKey => sessionKey(newSessionId());

describe('the loop that ends sessions', () => {
  it('also ends a session that gets another id between the list and its delete', async () => {
    const store = new SlowStore();
    const fixture = new RegistryFixture(store);
    const first = await fixture.login('u1');
    const handle = sessionHandle(first);
    let moves = 0;
    store.beforeDelete = async (key) => {
      if (moves++ > 4) return;
      const record = store.record(key);
      const attributes = new Map([...record.attributes, ['$handle', JSON.stringify(handle)] as const]);
      await store.rekey(key, newKey(), { ...record, attributes }, null);
    };
    expect(await fixture.registry().revoke('u1', handle)).toBe(true);
    expect(store.size).toBe(0);
    expect(moves).toBe(6);
    expect(fixture.events).toHaveLength(1);
  });

  it('keeps the session `except` while it gets another id', async () => {
    const store = new SlowStore();
    const fixture = new RegistryFixture(store);
    const kept = await fixture.login('u1');
    const handle = sessionHandle(kept);
    for (let n = 0; n < 20; n++) await fixture.login('u1');
    let [at, moves] = [kept, 0];
    store.beforeDelete = () => {
      const record = store.record(at);
      const to = newKey();
      const attributes = new Map([['$handle', JSON.stringify(handle)]]);
      if (store.rekey(at, to, { ...record, attributes }, null) === 'applied') at = to;
      moves++;
    };
    expect(await fixture.registry().revokeAll('u1', { except: { handle } as never })).toBe(20);
    expect(moves).toBe(20);
    expect(await store.keys()).toEqual([at]);
  });

  it('reports what it has deleted before a delete fails, and rejects', async () => {
    const store = new SlowStore();
    const fixture = new RegistryFixture(store);
    const bad = await fixture.login('u1');
    for (let n = 0; n < 5; n++) await fixture.login('u1');
    store.beforeDelete = (key) => {
      if (key === bad) throw new Error(`no access to ${key}`);
    };
    const failure = await fixture
      .registry()
      .revokeAll('u1')
      .catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect((failure as Error).message).not.toContain(bad);
    expect(fixture.events).toHaveLength(5);
    expect(await store.keys()).toEqual([bad]);
  });

  it('ends with an error where the store lists what it has not deleted', async () => {
    const fixture = new RegistryFixture(Object.assign(new SlowStore(), { delete: async () => 'missing' }));
    await fixture.login('u1');
    await expect(fixture.registry().revokeAll('u1')).rejects.toThrow(
      'The session store still lists sessions that SessionRegistry.revokeAll() has deleted.',
    );
  });

  it('gives a store call that does not settle the time of the option storeTimeout', async () => {
    const store = Object.assign(new SlowStore(), { listByPrincipal: () => new Promise(() => undefined) });
    const registry = new RegistryFixture(store).registry({ storeTimeoutMs: 20 });
    await expect(registry.revokeAll('u1')).rejects.toThrow(
      'The session store did not list a session in time.',
    );
  });

  it('races 200 times with logins, moves and writes: no session from before is alive afterwards', async () => {
    const store = new MemorySessionStore();
    const fixture = new RegistryFixture(store);
    const registry = fixture.registry();
    const record = async (key: SessionKey): Promise<SessionRecord | null> => await store.load(key);
    for (let race = 0; race < 200; race++) {
      const keys = [];
      for (let n = 0; n < 3; n++) keys.push(await fixture.login('u1'));
      const after: SessionKey[] = [];
      const move = async (from: SessionKey): Promise<SessionKey> => {
        const held = await record(from);
        if (held === null) return from;
        const to = newKey();
        await Promise.resolve();
        return (await store.rekey(from, to, held, held.revision)) === 'applied' ? to : from;
      };
      const moving = keys.map(async (key) => move(await move(key)));
      const revoking = registry.revokeAll('u1').then(async () => void after.push(await fixture.login('u1')));
      const present = await Promise.all(moving);
      await revoking;
      for (const key of present) expect(await record(key)).toBeNull();
      for (const key of after) expect(await record(key)).not.toBeNull();
      await registry.revokeAll('u1');
    }
  });
});
