import { MemorySessionStore, sessionRegistry, SessionRegistry, type SessionEvent } from 'nest-session/http';
import { registryOf } from '../../lib/http/session-registry.js';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import { RegistryFixture } from '../core/registry/registry-fixture.js';
import { SECRET } from '../support/secret.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('sessionRegistry', () => {
  it('lists and ends sessions by a store alone, and reports them to onEvent', async () => {
    const fixture = new RegistryFixture(new MemorySessionStore());
    const { store, clock } = fixture;
    await fixture.login('u1');
    const events: SessionEvent[] = [];
    const registry = sessionRegistry({ store, clock, onEvent: (event) => void events.push(event) });
    expect(registry).toBeInstanceOf(SessionRegistry);
    const [session] = await registry.list('u1');
    expect(await registry.revokeAll('u1')).toBe(1);
    await turn();
    expect(events).toMatchObject([{ type: 'revoked', handle: session?.handle }]);
  });

  it('is the one of the session name', async () => {
    const fixture = new RegistryFixture();
    const { store, clock } = fixture;
    await fixture.login('u1', { realm: 'admin' });
    expect(await sessionRegistry({ store, clock }).count('u1')).toBe(0);
    expect(await sessionRegistry({ store, clock, sessionName: 'admin', secret: SECRET }).count('u1')).toBe(1);
  });

  it.each([undefined, {}, { secret: SECRET }])('throws without a store: %p', (options) => {
    expect(() => sessionRegistry(options as never)).toThrow('sessionRegistry needs the option store');
  });

  it('checks the other options', () => {
    const store = new MemorySessionStore();
    expect(() => sessionRegistry({ store, sessionName: '' })).toThrow('sessionName');
    expect(() => sessionRegistry({ store, nonsense: 1 } as never)).toThrow('nonsense');
  });

  it('names the class of a store that cannot list', async () => {
    class OldStore {
      get(): void {}
      set(): void {}
      destroy(): void {}
    }
    const registry = sessionRegistry({ store: new OldStore() });
    const text =
      'SessionRegistry.list() needs a store with listByPrincipal() and deleteByPrincipal(); OldStore';
    await expect(registry.list('u1')).rejects.toThrow(text);
  });
});

describe('registryOf', () => {
  it('applies the idle timeout where the cookie options are the same for all requests', async () => {
    const fixture = new RegistryFixture();
    const { store, clock } = fixture;
    await fixture.login('u1', { ageMs: 60_000 });
    const sink = { isOn: false, emit: () => undefined };
    const countWith = (options: object): Promise<number> => {
      const resolved = resolveSessionOptions({ secret: SECRET, store, clock, ...options });
      return registryOf(resolved, 'default', sink).count('u1');
    };
    expect(await countWith({ timeouts: { idle: 60_001 } })).toBe(1);
    expect(await countWith({ timeouts: { idle: 60_000 } })).toBe(0);
    expect(await countWith({ cookie: { maxAge: 60_000 } })).toBe(0);
    expect(await countWith({ cookie: () => ({ maxAge: 60_000 }) })).toBe(1);
    expect(await countWith({ timeouts: { absolute: 60_000 }, cookie: () => ({}) })).toBe(0);
  });
});
