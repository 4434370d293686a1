import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MysqlSessionStore } from 'nest-session/mysql';
import mysqlCallbacks from 'mysql2';
import mysql from 'mysql2/promise';
import { ownTime } from '../support/own-time.js';
import { describeWithServer } from '../support/servers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';

describeWithServer('mariadb', 'the connections of a MysqlSessionStore', (url) => {
  let table: string;
  let admin: mysql.Connection;
  beforeAll(async () => {
    admin = await mysql.createConnection(url);
  });
  afterAll(() => admin.end());
  beforeEach(async () => {
    table = newTable();
    await new MysqlSessionStore({ client: admin, table }).migrate();
  });
  afterEach(() => admin.query(`DROP TABLE IF EXISTS ${table}, ${table}_epochs`));

  it('are all replaced when one of them no longer responds', async () => {
    const proxy = await startProxy(url);
    const store = new MysqlSessionStore({ url: proxy.url, table });
    await Promise.all(times(10, () => store.load(newKey())));
    expect(proxy.made()).toBe(10);
    proxy.silence();
    const began = ownTime();
    const outcomes = await Promise.allSettled(times(3, () => store.load(newKey())));
    expect(ownTime() - began).toBeLessThan(5000);
    const reason = { message: 'The database has not responded within 4000 ms.' };
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason });
    const next = ownTime();
    await Promise.all(times(10, () => store.load(newKey())));
    expect(ownTime() - next).toBeLessThan(1000);
    await store.close();
    expect(await proxy.open()).toBe(0);
    proxy.stop();
  });

  it('of a pool of the application are replaced too', async () => {
    const proxy = await startProxy(url);
    const pool = mysql.createPool({ uri: proxy.url, connectionLimit: 2 });
    const store = new MysqlSessionStore({ client: pool, table });
    await Promise.all(times(2, () => store.load(newKey())));
    proxy.silence();
    await Promise.allSettled(times(2, () => store.load(newKey())));
    expect(await store.load(newKey())).toBeNull();
    await store.close();
    await pool.end();
    proxy.stop();
  });

  it('are closed about five seconds after close(), also when the server does not respond', async () => {
    const proxy = await startProxy(url);
    const store = new MysqlSessionStore({ url: proxy.url, table });
    await Promise.all(times(5, () => store.load(newKey())));
    proxy.silence();
    const pending = store.load(newKey()).catch(() => 'failed');
    const began = ownTime();
    await store.close();
    expect(ownTime() - began).toBeLessThan(5500);
    expect(await proxy.open()).toBe(0);
    expect(await pending).toBe('failed');
    proxy.stop();
  });

  it('that break while they are idle do not end the process', async () => {
    const connection = mysqlCallbacks.createConnection(url);
    const store = new MysqlSessionStore({ client: connection, table });
    const other = new MysqlSessionStore({ client: connection, table });
    await store.load(newKey());
    await other.close();
    expect(connection.listenerCount('error')).toBe(1);
    const ended = once(connection, 'end');
    await admin.query(`KILL ${connection.threadId}`);
    await ended;
    await delay(50);
    await expect(store.load(newKey())).rejects.toThrow(/closed state/);
    await store.close();
    expect(connection.listenerCount('error')).toBe(0);
  });

  it.each([true, false])('that do not commit by themselves are refused (prepare: %s)', async (prepare) => {
    const pool = mysql.createPool({ uri: url, connectionLimit: 2 });
    pool.pool.on('connection', (fresh) => fresh.query('SET autocommit = 0'));
    const store = new MysqlSessionStore({ client: pool, table, prepare });
    const key = newKey();
    await expect(store.create(key, recordOf({}))).rejects.toThrow(/commits each statement/);
    await expect(store.patch(key, patchOf({}))).rejects.toThrow(/autocommit switched off/);
    await pool.end();
    expect(await new MysqlSessionStore({ client: admin, table }).load(key)).toBeNull();
  });

  it('inside a transaction are rejected, until the transaction ends', async () => {
    const connection = await mysql.createConnection(url);
    const store = new MysqlSessionStore({ client: connection, table });
    await connection.beginTransaction();
    const key = newKey();
    await expect(store.create(key, recordOf({}))).rejects.toThrow(/inside a transaction/);
    await expect(store.delete(key)).rejects.toThrow(/inside a transaction/);
    await connection.rollback();
    expect(await store.create(key, recordOf({}))).toBe('created');
    await connection.end();
  });
});

interface Proxy {
  readonly url: string;
  readonly made: () => number;
  /**
   * Number of connections that the client has not destroyed. Data sent to a destroyed connection is rejected.
   */
  readonly open: () => Promise<number>;
  /** Stops forwarding on existing connections, which stay open. New connections work. */
  readonly silence: () => void;
  readonly stop: () => void;
}

/** A local proxy between a store and its server. */
async function startProxy(target: string): Promise<Proxy> {
  const to = new URL(target);
  let made = 0;
  const open = new Set<Socket>();
  const silent = new Set<Socket>();
  // Half open: a server that does not respond does not confirm a close either.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    made++;
    open.add(client);
    const behind = connect(Number(to.port), to.hostname);
    client.on('data', (data) => silent.has(client) || behind.write(data));
    behind.on('data', (data) => silent.has(client) || client.write(data));
    client.on('end', () => silent.has(client) || client.end());
    for (const socket of [client, behind]) socket.on('error', () => undefined);
    client.on('close', () => void (open.delete(client), behind.destroy()));
    behind.on('close', () => silent.has(client) || client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    made: () => made,
    open: async () => {
      // The first write provokes a reset, which makes the second one fail, soon unless the machine is busy.
      for (let n = 0; n < 50 && open.size > 0; n++) {
        for (const client of silent) client.write('?');
        await delay(100);
      }
      return open.size;
    },
    silence: () => open.forEach((client) => silent.add(client)),
    stop: () => {
      open.forEach((client) => client.destroy());
      server.close();
    },
  };
}
