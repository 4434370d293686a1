import { Redis } from 'ioredis';
import { RedisSessionStore } from 'nest-session/redis';
import type { SessionKey } from '../../lib/core/session-id.js';
import { newKey, recordOf, times } from '../../lib/testing/contract-records.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix } from './support/redis-clients.js';

async function scanned(store: RedisSessionStore, from: string | null = null): Promise<Set<SessionKey>> {
  const found = new Set<SessionKey>();
  let cursor = from;
  do {
    const page = await store.scan(cursor, 100);
    for (const { key } of page.sessions) found.add(key);
    cursor = page.cursor;
    if (cursor !== null) expect(cursor).toMatch(/^[\w-]*:\d+$/);
  } while (cursor !== null);
  return found;
}

async function createSome(store: RedisSessionStore): Promise<Set<SessionKey>> {
  const keys = times(20, newKey);
  await Promise.all(keys.map((key) => store.create(key, recordOf({ n: '1' }, { principal: 'u1' }))));
  return new Set(keys);
}

describeWithServer('redis', 'a scan of one server', (url) => {
  it('treats a prefix with characters of patterns as text', async () => {
    const prefix = newPrefix();
    const store = new RedisSessionStore({ url, prefix: `${prefix}[a]*?\\:` });
    const similar = new RedisSessionStore({ url, prefix: `${prefix}axx:` });
    const keys = await createSome(store);
    await createSome(similar);
    expect(await scanned(store)).toEqual(keys);
    await Promise.all([store.close(), similar.close()]);
  });

  it('finds the keys of a client that puts its own prefix before them', async () => {
    const client = new Redis(url, { keyPrefix: `${newPrefix()}app:` });
    const store = new RedisSessionStore({ client, prefix: 'sessions:' });
    const keys = await createSome(store);
    expect(await scanned(store)).toEqual(keys);
    await client.quit();
  });
});

describeWithServer('redis-cluster', 'a scan of a cluster', (url) => {
  it.each(FAMILIES)('%s: finds all servers with its first command', async (_, family) => {
    const prefix = newPrefix();
    const [first, second] = [await family.cluster(url), await family.cluster(url)];
    const keys = await createSome(new RedisSessionStore({ client: first.client, prefix }));
    expect(await scanned(new RedisSessionStore({ client: second.client, prefix }))).toEqual(keys);
    await Promise.all([first.close(), second.close()]);
  });

  it('scans all servers again when the server of a cursor is gone', async () => {
    const held = await FAMILIES[0][1].cluster(url);
    const store = new RedisSessionStore({ client: held.client, prefix: newPrefix() });
    const keys = await createSome(store);
    expect(await scanned(store, 'gone:17')).toEqual(keys);
    await held.close();
  });
});
