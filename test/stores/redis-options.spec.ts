import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { RedisSessionStore, type RedisStoreOptions } from 'nest-session/redis';
import { connectTo } from '../../lib/stores/redis/own-client.js';
import { newKey } from '../../lib/testing/contract-records.js';
import { missing } from './support/redis-own.js';

const client = () => Object.assign(new EventEmitter(), { call: async () => ['missing'] });

describe('the options of the RedisSessionStore', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^TypeError: .*needs an object with the option client or url, got undefined/],
    [
      'a URL in place of options',
      'redis://localhost',
      /^TypeError: .*an object with the option client or url/,
    ],
    [
      'neither client nor url',
      {},
      /^TypeError: .*needs exactly one of the options client and url, got neither/,
    ],
    ['both', { client: client(), url: 'redis://localhost' }, /^TypeError: .*client and url, got both/],
    [
      'an unknown option',
      { client: client(), ttl: 5 },
      /^TypeError: .*has no option with this name\. Its options are client, url, prefix/,
    ],
    [
      'null for a client',
      { client: null },
      /^TypeError: .*option client .*got null\. Pass the result of createClient/,
    ],
    [
      'a string for a client',
      { client: 'redis' },
      /^TypeError: .*option client .*got a string of \d+ characters\. Pass/,
    ],
    [
      'an emitter for a client',
      { client: new EventEmitter() },
      /^TypeError: .*got an instance of EventEmitter/,
    ],
    [
      'a promise of a client',
      { client: Promise.resolve() },
      /^TypeError: .*got a Promise\. Await the promise/,
    ],
    ['a URL object', { url: new URL('redis://h') }, /^TypeError: .*option url .*an instance of URL/],
    [
      'another protocol',
      { url: 'http://localhost' },
      /^RangeError: .*option url .*one with another protocol/,
    ],
    [
      'a string that is not a URL',
      { url: 'redis://a b' },
      /^RangeError: .*option url .*a string that is not a URL/,
    ],
    [
      'a text as expiredEvents',
      { client: client(), expiredEvents: 'yes' },
      /^TypeError: .*option expiredEvents .*true or false, got a string of 3 characters/,
    ],
    ['a prefix that is not a string', { client: client(), prefix: 7 }, /^TypeError: .*option prefix .*got 7/],
    ['an empty prefix', { client: client(), prefix: '' }, /^RangeError: .*option prefix .*got ""/],
  ])('throw for %s', (_, options, message) => {
    let thrown: unknown;
    try {
      new RedisSessionStore(options as RedisStoreOptions);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toMatch(message);
  });

  const URL_OF_MINE = 'redis://me:sEcReT@h';
  it.each<[string, unknown]>([
    ['of another protocol', { url: 'http://me:sEcReT@host' }],
    ['with an invalid port', { url: 'redis://me:sEcReT@127.0.0.1:port' }],
    ['that is not encoded', { url: 'redis://me:sEcReT%zz@127.0.0.1:1' }],
    ['with an invalid path', { url: 'redis://me:sEcReT@127.0.0.1:1/sEcReT' }],
    ['in place of options', URL_OF_MINE],
    ['in place of a client', { client: URL_OF_MINE }],
    ['in place of an option', { [URL_OF_MINE]: 1 }],
    ['among others', [URL_OF_MINE]],
  ])('show no password of a URL %s', async (_, options) => {
    let thrown: unknown = null;
    try {
      await new RedisSessionStore(options as RedisStoreOptions).close();
    } catch (error) {
      thrown = error;
    }
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain('sEcReT');
  });
});

describe('a client that the application gives', () => {
  it('does not end the process by its errors while the store is open, and is unchanged afterwards', async () => {
    const given = client();
    const store = new RedisSessionStore({ client: given });
    expect(given.emit('error', new Error('the connection is lost'))).toBe(true);
    await store.close();
    await store.onApplicationShutdown();
    expect(given.eventNames()).toEqual([]);
  });

  it('causes an error with the fix when it is not connected', async () => {
    const idle = Object.assign(new EventEmitter(), { isOpen: false, sendCommand: async () => ['missing'] });
    const store = new RedisSessionStore({ client: idle });
    await expect(store.load(newKey())).rejects.toThrow(/not connected\. Call "await client\.connect\(\)"/);
    idle.isOpen = true;
    expect(await store.load(newKey())).toBeNull();
  });
});

describe('the option url', () => {
  it('causes an error with the command to install a package', () => {
    expect(() => connectTo('redis://localhost', { redis: missing, ioredis: missing })).toThrow(
      'The RedisSessionStore needs the package redis or ioredis. Install it with: npm install redis',
    );
  });

  it('throws the error of an installed package that fails to load', () => {
    const broken = () => {
      throw new Error('broken');
    };
    expect(() => connectTo('redis://localhost', { redis: broken, ioredis: missing })).toThrow('broken');
  });
});
