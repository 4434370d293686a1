import { randomBytes } from 'node:crypto';
import type { StoreNotices } from 'nest-session';
import { PostgresSessionStore, type PostgresStoreOptions } from 'nest-session/postgres';
import pg from 'pg';
import { hasNotices, missingNotices } from '../../lib/core/store/store-powers.js';
import { noticeChannel } from '../../lib/stores/postgres/postgres-notices.js';
import { NoticeInbox } from '../../lib/testing/notice-inbox.js';
import { freePort } from '../support/free-port.js';
import { type OwnServer, startPostgres } from '../support/private-servers.js';
import { describeWithPrivateServers, describeWithServer } from '../support/servers.js';
import { SilencingProxy } from './support/sql-proxy.js';
import { newTable } from './support/sql.js';

type NoticeStore = PostgresSessionStore & StoreNotices;

function storeOf(options: PostgresStoreOptions): NoticeStore {
  const store = new PostgresSessionStore({ table: newTable(), migrate: false, ...options });
  if (!hasNotices(store)) throw new Error('The store has no notices.');
  return store;
}

/** A URL whose connections can be found by their name. */
function named(url: string): { readonly name: string; readonly href: string } {
  const name = randomBytes(6).toString('hex');
  const address = new URL(url);
  address.searchParams.set('application_name', name);
  return { name, href: address.href };
}

async function atLast<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 20_000; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise(setImmediate);
    }
  }
}

/** A pool of an application, and one that does not end the test when its connections are closed. */
function poolOf(connectionString: string, max = 3): pg.Pool {
  const pool = new pg.Pool({ connectionString, max });
  pool.on('error', () => undefined);
  return pool;
}

describeWithServer('postgres', 'notices of PostgreSQL', (url) => {
  let admin: pg.Pool;
  beforeAll(() => void (admin = new pg.Pool({ connectionString: url, max: 2 })));
  afterAll(() => admin.end());

  const countOf = async (name: string, query = '%'): Promise<number | null> =>
    (
      await admin.query('SELECT FROM pg_stat_activity WHERE application_name = $1 AND query LIKE $2', [
        name,
        query,
      ])
    ).rowCount;
  const terminate = (name: string): Promise<unknown> =>
    admin.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE application_name = $1 AND query LIKE 'LISTEN%'`,
      [name],
    );

  it.each([
    ['the pool of an application', (href: string) => ({ client: poolOf(href) })],
    ['a URL', (href: string) => ({ url: href })],
  ])('begin again with %s after the listening connection was terminated', async (_, optionsOf) => {
    const { name, href } = named(url);
    const options = optionsOf(href);
    const store = storeOf(options);
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    await terminate(name);
    await inbox.has([null, null]);
    await store.publish('again');
    await inbox.has([null, null, 'again']);
    await inbox.remove();
    await atLast(async () => expect(await countOf(name, 'LISTEN%')).toBe(0));
    await store.close();
    if ('client' in options) await options.client.end();
  });

  it('use no connection before the first listener, one for all of them, and close it with the last', async () => {
    const { name, href } = named(url);
    const pool = poolOf(href);
    const store = storeOf({ client: pool });
    await store.publish('for nobody');
    expect(await countOf(name, 'LISTEN%')).toBe(0);
    const inboxes = [new NoticeInbox(store), new NoticeInbox(store)];
    for (const inbox of inboxes) await inbox.has([null]);
    expect(await countOf(name, 'LISTEN%')).toBe(1);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
    for (const inbox of inboxes) await inbox.remove();
    expect(pool.totalCount).toBe(0);
    await atLast(async () => expect(await countOf(name, 'LISTEN%')).toBe(0));
    await pool.end();
  });

  it('release their connection when the store is closed: then the pool can end', async () => {
    const pool = poolOf(url);
    const store = storeOf({ client: pool });
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    await store.close();
    await pool.end();
    await inbox.remove();
  });

  it('wait for a connection of a full pool, and are closed while they wait', async () => {
    const pool = poolOf(url, 2);
    const used = [await pool.connect(), await pool.connect()];
    const [first, second] = [storeOf({ client: pool }), storeOf({ client: pool })];
    const [never, later] = [new NoticeInbox(first), new NoticeInbox(second)];
    await never.remove();
    for (const client of used) client.release();
    await later.has([null]);
    await later.remove();
    await never.has([]);
    await pool.end();
  });

  it('are passed between stores with one table name, also a long one, and not between others', async () => {
    const [table, long] = [newTable(), 'x'.repeat(48)];
    const names = [table, `public.${table}`, `${long}.${long}`, `${long}.${long.slice(1)}y`];
    const pool = poolOf(url, 10);
    const stores = [...names, ...names].map((name) => storeOf({ client: pool, table: name }));
    const inboxes = stores.map((store) => new NoticeInbox(store));
    for (const inbox of inboxes) await inbox.has([null]);
    for (const [n, name] of names.entries()) await stores[n]!.publish(`of ${name.length} ${n}`);
    for (const [n, inbox] of inboxes.entries()) {
      const name = names[n % names.length]!;
      await inbox.has([null, `of ${name.length} ${n % names.length}`]);
    }
    await Promise.all(stores.map((store) => store.close()));
    await pool.end();
  });

  it('release a connection whose server does not respond: the socket is destroyed', async () => {
    const proxy = await SilencingProxy.before(url);
    const store = storeOf({ url: proxy.url });
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    proxy.silence({ andNew: true });
    await inbox.remove();
    await atLast(async () => expect(proxy.open).toBe(0));
    await store.close();
    await proxy.close();
  });

  it('need a pool of at least two connections or a URL, and name what is wrong', async () => {
    const client = new pg.Client({ connectionString: url });
    const [single, several] = [poolOf(url, 1), poolOf(url, 2)];
    const messageOf = (options: PostgresStoreOptions): string | null => {
      const store = new PostgresSessionStore(options);
      return hasNotices(store) ? null : missingNotices(store, 'The option notify').message;
    };
    expect(messageOf({ client: several })).toBeNull();
    expect(messageOf({ client: single })).toMatch(
      /^The option notify needs a Pool of at least two connections .* Set max of the Pool to 2 or more\.$/,
    );
    for (const one of [client, { query: async () => [] }, async () => []])
      expect(messageOf({ client: one })).toMatch(
        /^The option notify needs a connection of its own for LISTEN, .* Pass a Pool of pg, or set the option url\.$/,
      );
    await Promise.all([single.end(), several.end()]);
  });
});

describeWithPrivateServers('postgres', 'notices of a PostgreSQL server that restarts', () => {
  let server: OwnServer;
  beforeAll(async () => void (server = await startPostgres({ port: await freePort() })));
  afterAll(() => server.stop());

  it.each([
    ['the pool of an application', () => ({ client: poolOf(server.url) })],
    ['a URL', () => ({ url: server.url })],
  ])('begin again with %s', async (_, optionsOf) => {
    const options = optionsOf();
    const store = storeOf(options);
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    await server.kill();
    await server.restart();
    await inbox.has([null, null]);
    await atLast(() => store.publish('again'));
    await inbox.has([null, null, 'again']);
    await store.close();
    if ('client' in options) await options.client.end();
  });
});

describe('the channel of the notices of a table', () => {
  it('is named after it, or has a hash where PostgreSQL would shorten the name', () => {
    expect(noticeChannel({ schema: null, table: 'nest_session' })).toBe('nest_session_notices');
    expect(noticeChannel({ schema: 'app', table: 'Sessions' })).toBe('app.Sessions_notices');
    const long = { schema: 's'.repeat(48), table: 't'.repeat(48) };
    const channel = noticeChannel(long);
    expect(channel).toMatch(/^nest_session_[0-9a-f]{40}$/);
    expect(noticeChannel({ ...long, table: 'u'.repeat(48) })).not.toBe(channel);
    expect(noticeChannel({ schema: null, table: 't'.repeat(48) })).toHaveLength(56);
  });
});
