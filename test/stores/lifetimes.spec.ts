import { hours, minutes, type SessionStore } from 'nest-session';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import pg from 'pg';
import { sessionKey, type SessionId } from '../../lib/core/session-id.js';
import { RedisAccess } from '../../lib/stores/redis/redis-access.js';
import { connectionOf } from '../../lib/stores/redis/redis-clients.js';
import { GRACE_MS } from '../../lib/stores/redis/redis-record.js';
import { MemorySessionStore } from '../../lib/stores/memory/memory-session-store.js';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import { Application } from '../core/session/application.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix } from './support/redis-clients.js';
import { ask } from './support/redis-probe.js';
import { newTable } from './support/sql.js';

/** How long a store keeps a session, from now on. Milliseconds. */
type KeptFor = (id: SessionId, clock: FakeClock) => Promise<number>;

/** Each step of a session: its title, and how long the store must keep it afterwards. */
async function keptAfterSteps(store: SessionStore, keptFor: KeptFor): Promise<[string, number][]> {
  const clock = new FakeClock(Date.now());
  const app = new Application({ idleMs: minutes(30) }, store as MemorySessionStore, clock);
  const kept: [string, number][] = [];
  let id = await app.stored({ n: 1 });
  const step = async (title: string, act: (session: Session) => unknown, isPassive = false) => {
    const request = await app.open(id, { isPassive });
    await act(request.session);
    await request.commit();
    ({ id } = request);
    kept.push([title, await keptFor(id, clock)]);
  };
  await step('nothing', () => undefined);
  await step('longer', (session) => session.setLifetime({ idle: hours(5) }));
  await step('a change', (session) => (session['n'] = 2));
  await step('a new id', (session) => session.regenerate({ keep: 'all' }));
  await step('shorter', (session) => session.setLifetime({ idle: minutes(10) }));
  await step('the end of a passive request', (session) => (session['n'] = 3), true);
  await step('absolute', (session) => session.setLifetime({ absolute: minutes(5) }));
  await step('none', (session) => session.setLifetime(null));
  await step('a login', async (session) => {
    session.setLifetime({ idle: hours(4) });
    await session.login('u1');
  });
  return kept;
}

type Session = Awaited<ReturnType<Application['open']>>['session'];

const EXPECTED: [string, number][] = [
  ['nothing', minutes(30)],
  ['longer', hours(5)],
  ['a change', hours(5)],
  ['a new id', hours(5)],
  ['shorter', minutes(10)],
  ['the end of a passive request', minutes(10)],
  ['absolute', minutes(5)],
  ['none', minutes(30)],
  ['a login', minutes(30)],
];

it('the memory store keeps a session as long as it has set', async () => {
  const store = new MemorySessionStore();
  const keptFor: KeptFor = async (id, clock) => (await store.load(sessionKey(id)))!.expiresAt - clock.now();
  expect(await keptAfterSteps(store, keptFor)).toEqual(EXPECTED);
});

describeWithServer('postgres', 'the time to live of a row in PostgreSQL', (url) => {
  it('is the one that the session has set', async () => {
    const pool = new pg.Pool({ connectionString: url });
    const table = newTable();
    const store = new PostgresSessionStore({ client: pool, table });
    const keptFor: KeptFor = async (id, clock) => {
      const { rows } = await pool.query<{ expires_at: string }>(
        `SELECT expires_at FROM ${table} WHERE session_key = $1`,
        [sessionKey(id)],
      );
      return Number(rows[0]!.expires_at) - clock.now();
    };
    try {
      expect(await keptAfterSteps(store, keptFor)).toEqual(EXPECTED);
    } finally {
      await store.close();
      await pool.query(`DROP TABLE ${table}, ${table}_epochs`);
      await pool.end();
    }
  });
});

describeWithServer('redis', 'the time to live of a key in Redis', (url) => {
  it('is the one that the session has set', async () => {
    const held = await FAMILIES[0][1].single(url);
    const prefix = newPrefix();
    const store = new RedisSessionStore({ client: held.client, prefix });
    const access = new RedisAccess(connectionOf(held.client)!, prefix);
    const send = ask(held.client);
    // The key is set a moment before it is read: rounded up to the minute.
    const keptFor: KeptFor = async (id) => {
      const ms = Number(await send('pttl', access.sessionKey(sessionKey(id)))) - GRACE_MS;
      return Math.ceil(ms / minutes(1)) * minutes(1);
    };
    try {
      expect(await keptAfterSteps(store, keptFor)).toEqual(EXPECTED);
    } finally {
      await held.close();
    }
  });
});
