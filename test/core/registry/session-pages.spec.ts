import { sessionHandle } from '../../../lib/core/session-id.js';
import type { SessionInfo } from '../../../lib/core/registry/session-info.js';
import type { SessionRegistry } from '../../../lib/core/registry/session-registry.js';
import { SlowStore } from './slow-store.js';
import { RegistryFixture, START } from './registry-fixture.js';

async function collect(registry: SessionRegistry): Promise<SessionInfo[]> {
  const found: SessionInfo[] = [];
  for await (const session of registry) found.push(session);
  return found;
}

describe('the pages of a registry', () => {
  it('have each live session of its name once, anonymous ones too', async () => {
    const store = new SlowStore();
    const fixture = new RegistryFixture(store);
    for (let n = 0; n < 1200; n++) await fixture.login(n % 2 === 0 ? null : `u${n}`);
    await fixture.login('u1', { expiresAt: START });
    const admin = await fixture.login(null, { realm: 'admin', own: { $name: 'admin' } });
    const bound = await fixture.login('u1', { realm: 'admin' });

    const all = await collect(fixture.registry());
    expect(all).toHaveLength(1200);
    expect(new Set(all.map(({ handle }) => handle)).size).toBe(1200);
    const named = await collect(fixture.registry({ realm: 'admin' }));
    expect(named.map(({ handle }) => handle).sort()).toEqual([admin, bound].map(sessionHandle).sort());

    const registry = fixture.registry();
    const paged: SessionInfo[] = [];
    for (let cursor: string | null = null; ;) {
      const page: Awaited<ReturnType<SessionRegistry['page']>> = await registry.page(cursor);
      paged.push(...page.sessions);
      ({ cursor } = page);
      if (cursor === null) break;
    }
    expect(paged).toEqual(all);
  });

  it('show no key, neither in sessions nor in cursors', async () => {
    const store = new SlowStore();
    const fixture = new RegistryFixture(store);
    for (let n = 0; n < 501; n++) await fixture.login(`u${n}`);
    const page = await fixture.registry().page();
    const text = JSON.stringify(page) + Buffer.from(page.cursor ?? '', 'base64url').toString('latin1');
    expect((await store.keys()).filter((key) => text.includes(key))).toEqual([]);
  });

  it('refuse a cursor of another registry', async () => {
    const fixture = new RegistryFixture(new SlowStore());
    for (let n = 0; n < 501; n++) await fixture.login(`u${n}`);
    const { cursor } = await fixture.registry().page();
    for (const other of [cursor!, '', 'x', 'a'.repeat(80)])
      await expect(fixture.registry().page(other)).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
  });

  it('accept a cursor that a former key has encrypted', async () => {
    const fixture = new RegistryFixture(new SlowStore());
    for (let n = 0; n < 501; n++) await fixture.login(`u${n}`);
    const [former] = fixture.parts().cursorKeys;
    const { cursor } = await fixture.registry({ cursorKeys: [former!] }).page();
    const [present] = fixture.parts().cursorKeys;
    const rotated = fixture.registry({ cursorKeys: [present!, former!] });
    expect((await rotated.page(cursor)).sessions).toHaveLength(1);
  });

  it('need a store that can list all of its sessions', async () => {
    const store: unknown = Object.assign(new SlowStore(), { scan: undefined });
    const registry = new RegistryFixture(store as SlowStore).registry();
    await expect(registry.page()).rejects.toThrow(
      'SessionRegistry.page() needs a store with scan(); SlowStore',
    );
    await expect(collect(registry)).rejects.toThrow('Iterating a SessionRegistry needs a store with scan()');
  });
});
