import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { RedisSessionStore, type RedisClient } from 'nest-session/redis';
import type { SessionKey } from '../../lib/core/session-id.js';
import { recordOf } from '../../lib/testing/contract-records.js';
import { startRedis, type OwnServer } from '../support/private-servers.js';
import { describeWithPrivateServers } from '../support/servers.js';
import { FAMILIES } from './support/redis-clients.js';
import { connectBy, PACKAGES } from './support/redis-own.js';
import { ask } from './support/redis-probe.js';

const KEY = '1.KEYKEYKEY' as SessionKey;
const RECORD = recordOf({ name: '"topSecretData"' }, { principal: 'alice-in-person' });
const SHOWN = /KEYKEY|topSecret|alice-in/;
const whole = (error: unknown): string => inspect(error, { depth: 12, showHidden: true });
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('an error of a Redis client', () => {
  const failing = (error: unknown): RedisClient =>
    Object.assign(new EventEmitter(), { call: () => Promise.reject(error as Error) });
  const command = { name: 'evalsha', args: [KEY, '"topSecretData"'] };
  const of = (message: string, more: object = {}) => Object.assign(new Error(message), { command }, more);

  it.each<[string, Error]>([
    ['as its command', of('OOM command not allowed', { code: 'OOM' })],
    ['in its message', of(`no such place: nest-session:s:${KEY}, "topSecretData"`)],
    [
      'among the arguments that a server repeats',
      of(
        `ERR unknown command 'evalsha', with args beginning with: '0a' 'nest-session:s:${KEY}' '"topSecretD`,
      ),
    ],
    ['in its cause', of('a', { cause: of('b', { cause: of(KEY) }) })],
    ['in the errors of the servers of a cluster', of('a', { lastNodeError: of(KEY) })],
    ['in those before', of('a', { previousErrors: [of(KEY), of('b')], errors: [of(KEY)] })],
    ['as anything else', of('a', { topSecret: KEY, request: { words: [KEY] }, name: KEY, code: KEY })],
  ])('shows no key and no data that it contains %s', async (_, error) => {
    const store = new RedisSessionStore({ client: failing(error) });
    const shown = await failureOf(store.create(KEY, RECORD));
    expect(shown).toBeInstanceOf(Error);
    expect(whole(shown)).not.toMatch(SHOWN);
    await store.close();
  });
});

describeWithPrivateServers('redis', 'a command that a Redis server rejects', () => {
  let server: OwnServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.stop());
  const withUser = async (...rules: string[]): Promise<string> => {
    const { client, close } = await FAMILIES[2][1].single(server.url);
    await ask(client)('acl', 'setuser', 'bob', 'reset', 'on', '>sEcReT', ...rules);
    await close();
    const url = new URL(server.url);
    [url.username, url.password] = ['bob', 'sEcReT'];
    return url.href;
  };

  it.each(PACKAGES)('is reported by a connection of the store by %s, without the password', async (name) => {
    const url = new URL(await withUser('~*', '+@all'));
    url.password = 'sEcReT-but-wrong';
    const connection = connectBy(name, url.href);
    const error = await failureOf(connection.send('get', ['x'], 'x'));
    expect(error).toMatchObject({ cause: { message: expect.stringContaining('WRONGPASS') as unknown } });
    expect(whole(error)).not.toContain('sEcReT');
    connection.close();
  });

  it.each(FAMILIES)('is reported by %s without keys and data', async (_, { single }) => {
    const { client, close } = await single(server.url);
    const store = new RedisSessionStore({ client, prefix: 'nest-session:' });
    await ask(client)('set', `nest-session:s:${KEY}`, 'x');
    await ask(client)('config', 'set', 'maxmemory', '1');
    const full = await failureOf(store.create(`${KEY}2` as SessionKey, RECORD));
    await ask(client)('config', 'set', 'maxmemory', '0');
    expect(String(full)).toMatch(/OOM/);
    expect(whole(full)).not.toMatch(SHOWN);
    await store.close();
    await close();
  });

  it.each(PACKAGES)(
    'is reported by %s without keys and data, when the user has no access to the key',
    async (name) => {
      const url = await withUser('~other*', '+@all');
      const connection = connectBy(name, url);
      const failing = Object.assign(new EventEmitter(), {
        call: (command: string, words: string[]) => connection.send(command, words, ''),
      });
      const store = new RedisSessionStore({ client: failing });
      const error = await failureOf(store.create(KEY, RECORD));
      expect(String(error)).toMatch(/NOPERM/);
      expect(whole(error)).not.toMatch(SHOWN);
      connection.close();
    },
  );
});
