import type { UserSession } from 'nest-session/http';
import { sessionHandle } from '../../../lib/core/session-id.js';
import { hours } from '../../../lib/core/util/clock.js';
import { RegistryFixture, START } from './registry-fixture.js';

const sessionOf = (handle: string): UserSession => ({ handle }) as UserSession;

describe('SessionRegistry.list', () => {
  it('returns the live sessions of a principal, the newest first', async () => {
    const fixture = new RegistryFixture();
    const older = await fixture.login('u1', { ageMs: 1000 });
    const newer = await fixture.login('u1', {
      own: { $login: { at: START - 5, methods: { pwd: START - 5 }, device: { name: 'Firefox' } } },
    });
    await fixture.login('u2');
    await fixture.login('u1', { expiresAt: START });

    const current = sessionOf(sessionHandle(older));
    const about = { principal: 'u1', expiresAt: START + hours(1) };
    expect(await fixture.registry().list('u1', { current })).toEqual([
      {
        ...about,
        handle: sessionHandle(newer),
        createdAt: START,
        lastSeenAt: START,
        authenticatedAt: START - 5,
        methods: { pwd: START - 5 },
        device: { name: 'Firefox' },
        current: false,
      },
      {
        ...about,
        handle: sessionHandle(older),
        createdAt: START - 1000,
        lastSeenAt: START - 1000,
        authenticatedAt: null,
        methods: {},
        device: null,
        current: true,
      },
    ]);
  });

  it('accepts a number as the principal', async () => {
    const fixture = new RegistryFixture();
    await fixture.login('7');
    expect(await fixture.registry().list(7)).toHaveLength(1);
    expect(await fixture.registry().count(7)).toBe(1);
  });

  it.each([undefined, null, '', Number.NaN, {}])('refuses %p as the principal', async (principal) => {
    const registry = new RegistryFixture().registry();
    await expect(registry.list(principal as string)).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
    await expect(registry.revokeAll(principal as string)).rejects.toMatchObject({
      code: 'ERR_SESSION_VALUE',
    });
  });

  it('returns at most 1000 sessions, and count counts all', async () => {
    const fixture = new RegistryFixture();
    for (let n = 0; n < 1001; n++) await fixture.login('u1');
    expect(await fixture.registry().list('u1')).toHaveLength(1000);
    expect(await fixture.registry().count('u1')).toBe(1001);
  });

  it('throws a TypeError if `current` is not a session', async () => {
    const registry = new RegistryFixture().registry();
    for (const current of [null, 'handle', {}])
      await expect(registry.list('u1', { current: current as UserSession })).rejects.toThrow(TypeError);
    await expect(registry.revokeAll('u1', { except: null as unknown as UserSession })).rejects.toThrow(
      'The option except must be a session, such as req.session, got null.',
    );
  });
});

describe('SessionRegistry.get and revoke', () => {
  it('know a session by its handle, for its own principal alone', async () => {
    const fixture = new RegistryFixture();
    const registry = fixture.registry();
    const key = await fixture.login('u1');
    const handle = sessionHandle(key);

    expect(await registry.get('u1', handle)).toMatchObject({ handle, principal: 'u1', current: false });
    expect(await registry.get('u2', handle)).toBeNull();
    expect(await registry.get('u1', key)).toBeNull();
    expect(await registry.revoke('u2', handle)).toBe(false);
    expect(await registry.revoke('u1', handle)).toBe(true);
    expect(await registry.revoke('u1', handle)).toBe(false);
    expect(await registry.get('u1', handle)).toBeNull();
    expect(await fixture.store.load(key)).toBeNull();
    expect(fixture.events).toEqual([
      { type: 'revoked', reason: 'registry', handle, principal: 'u1', sessionName: 'default', at: START },
    ]);
  });

  it('use the stored handle of a session that has had another id', async () => {
    const fixture = new RegistryFixture();
    const key = await fixture.login('u1', { own: { $handle: 'first-handle-123' } });
    const registry = fixture.registry();
    expect(await registry.get('u1', sessionHandle(key))).toBeNull();
    expect(await registry.get('u1', 'first-handle-123')).toMatchObject({ handle: 'first-handle-123' });
    expect(await registry.revoke('u1', 'first-handle-123')).toBe(true);
  });

  it('delete an expired session, and neither count nor report it', async () => {
    const fixture = new RegistryFixture();
    const key = await fixture.login('u1', { expiresAt: START });
    expect(await fixture.registry().revoke('u1', sessionHandle(key))).toBe(false);
    expect(await fixture.store.load(key)).toBeNull();
    expect(fixture.events).toEqual([]);
  });
});

describe('SessionRegistry.revokeAll', () => {
  it('ends all sessions of a principal but one, and returns how many', async () => {
    const fixture = new RegistryFixture();
    const keys = [];
    for (let n = 0; n < 40; n++) keys.push(await fixture.login('u1'));
    const other = await fixture.login('u2');
    const except = sessionOf(sessionHandle(keys[7]!));

    expect(await fixture.registry().revokeAll('u1', { except })).toBe(39);
    expect(await fixture.registry().list('u1')).toMatchObject([{ handle: except.handle }]);
    expect(await fixture.store.load(other)).not.toBeNull();
    expect(fixture.events).toHaveLength(39);
    expect(await fixture.registry().revokeAll('u1')).toBe(1);
  });

  it('makes no event while nobody listens', async () => {
    const fixture = new RegistryFixture();
    fixture.isOn = false;
    await fixture.login('u1');
    expect(await fixture.registry().revokeAll('u1')).toBe(1);
    expect(fixture.events).toEqual([]);
  });
});

describe('the registries of two session names on one store', () => {
  it('neither list nor end the sessions of the other name', async () => {
    const fixture = new RegistryFixture();
    await fixture.login('u1');
    await fixture.login('u1', { realm: 'admin' });
    const admin = fixture.registry({ realm: 'admin' });

    expect(await admin.list('u1')).toMatchObject([{ principal: 'u1' }]);
    expect(await admin.revokeAll('u1')).toBe(1);
    expect(await admin.count('u1')).toBe(0);
    expect(await fixture.registry().count('u1')).toBe(1);
    expect(fixture.events).toMatchObject([{ principal: 'u1', sessionName: 'admin' }]);
  });
});
