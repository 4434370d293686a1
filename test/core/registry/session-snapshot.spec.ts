import { hours, type SessionRecord, SessionStore } from 'nest-session/http';
import { sessionHandle } from '../../../lib/core/session-id.js';
import { RegistryFixture, START } from './registry-fixture.js';

const LOGIN = { at: START - 1, methods: { pwd: START - 1 }, device: { agent: 'a' } };

/** A session of u1 with attributes as texts, its snapshot, and the store. */
async function snapshotWith(texts: Readonly<Record<string, string>>) {
  const fixture = new RegistryFixture();
  const key = await fixture.login('u1', { own: { $login: LOGIN }, revision: 3 });
  const record = (await fixture.store.load(key)) as SessionRecord;
  const changes = Object.entries(texts).map(([name, to]) => [name, { from: null, to }] as const);
  const principal = { from: record.principal, to: record.principal };
  await fixture.store.patch(key, { ...record, principal, changes: new Map(changes) });
  const handle = sessionHandle(key);
  const registry = fixture.registry();
  return { fixture, key, handle, registry, snapshot: await registry.sessionSnapshot('u1', handle) };
}

describe('SessionRegistry.sessionSnapshot', () => {
  it('returns what get() returns, and the attributes of the application', async () => {
    const texts = { cart: '{"items":[1,2]}', n: '1', nothing: 'null', $$price: '"5"' };
    const { snapshot, registry, handle } = await snapshotWith(texts);
    const { data, ...info } = snapshot!;
    expect(info).toEqual(await registry.get('u1', handle));
    expect(info).toMatchObject({
      principal: 'u1',
      methods: LOGIN.methods,
      device: LOGIN.device,
      current: false,
    });
    expect(new Map(Object.entries(data))).toEqual(
      new Map<string, unknown>([
        ['cart', { items: [1, 2] }],
        ['n', 1],
        ['nothing', null],
        ['$price', '5'],
      ]),
    );
  });

  it('has no attribute of the engine, no name of the session itself, no id and no key', async () => {
    const { snapshot, key } = await snapshotWith({
      login: '1',
      ['__proto__']: '{"x":1}',
      $cookie: '{}',
      mine: '3',
    });
    expect(Object.getOwnPropertyNames(snapshot!.data)).toEqual(['mine']);
    expect(JSON.stringify(snapshot)).not.toContain(key);
  });

  it('is frozen, with all values in it', async () => {
    const { snapshot } = await snapshotWith({ cart: '{"items":[{"id":1}]}' });
    const { data, methods, device } = snapshot!;
    const { cart } = data as { cart: { items: object[] } };
    for (const value of [snapshot, data, cart, cart.items, cart.items[0], methods, device])
      expect(Object.isFrozen(value)).toBe(true);
    expect(() => Object.assign(data, { cart: 1 })).toThrow(TypeError);
  });

  it('does not touch the session, and stays as it is when the session changes', async () => {
    const { fixture, key, snapshot, registry, handle } = await snapshotWith({ n: '1' });
    const before = (await fixture.store.load(key)) as SessionRecord;
    fixture.clock.advance(1000);
    await registry.sessionSnapshot('u1', handle);
    expect(await fixture.store.load(key)).toEqual(before);
    const principal = { from: 'u1', to: 'u1' };
    const changes = new Map([['n', { from: '1', to: '2' }]]);
    await fixture.store.patch(key, { ...before, principal, changes });
    expect(snapshot!.data).toEqual({ n: 1 });
    expect((await registry.sessionSnapshot('u1', handle))!.data).toEqual({ n: 2 });
  });

  it('is null as get() is: for another principal, an unknown handle, an expired and a revoked session', async () => {
    const { fixture, key, handle, registry } = await snapshotWith({});
    expect(await registry.sessionSnapshot('u2', handle)).toBeNull();
    expect(await registry.sessionSnapshot('u1', key)).toBeNull();
    expect(await registry.sessionSnapshot('u1', '')).toBeNull();
    expect(await fixture.registry({ realm: 'admin' }).sessionSnapshot('u1', handle)).toBeNull();
    fixture.clock.advance(hours(1));
    expect(await registry.sessionSnapshot('u1', handle)).toBeNull();
    const next = sessionHandle(await fixture.login('u1'));
    expect(await registry.sessionSnapshot('u1', next)).not.toBeNull();
    await registry.revoke('u1', next);
    expect(await registry.sessionSnapshot('u1', next)).toBeNull();
    const last = sessionHandle(await fixture.login('u1'));
    await registry.revokeEverything();
    expect(await registry.sessionSnapshot('u1', last)).toBeNull();
  });

  it('rejects an attribute that is not JSON with an error that names it, and does not show its text', async () => {
    const { fixture, registry } = await snapshotWith({});
    const key = await fixture.login('u3');
    const record = (await fixture.store.load(key)) as SessionRecord;
    const changes = new Map([['cart', { from: null, to: '{secret' }]]);
    await fixture.store.patch(key, { ...record, principal: { from: 'u3', to: 'u3' }, changes });
    const failed = registry.sessionSnapshot('u3', sessionHandle(key));
    await expect(failed).rejects.toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: expect.stringMatching(/^The attribute cart of a session cannot be read/) as unknown,
    });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('secret') as unknown });
  });

  it('rejects without a principal, and for a store that cannot list the sessions of one', async () => {
    const { registry, handle } = await snapshotWith({});
    await expect(registry.sessionSnapshot(null as never, handle)).rejects.toMatchObject({
      code: 'ERR_SESSION_VALUE',
    });
    class PlainStore extends SessionStore {
      readonly load = (): null => null;
      readonly create = (): 'created' => 'created';
      readonly patch = (): 'missing' => 'missing';
      readonly rekey = (): 'missing' => 'missing';
      readonly delete = (): 'missing' => 'missing';
    }
    const plain = new RegistryFixture(new PlainStore()).registry();
    await expect(plain.sessionSnapshot('u1', handle)).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringMatching(
        /^SessionRegistry\.sessionSnapshot\(\) needs a store with .* PlainStore/,
      ) as unknown,
    });
  });
});
