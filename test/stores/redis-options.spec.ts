import { EventEmitter } from 'node:events';
import { RedisSessionStore, type RedisStoreOptions } from 'nest-session/redis';
import { connectTo } from '../../lib/stores/redis/own-client.js';
import { newKey } from '../../lib/testing/contract-records.js';

const client = () => Object.assign(new EventEmitter(), { call: async () => ['missing'] });

describe('the options of the RedisSessionStore', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^TypeError: .*wants an object with the option client or url, got undefined/],
    [
      'a URL in place of options',
      'redis://localhost',
      /^TypeError: .*an object with the option client or url/,
    ],
    ['neither client nor url', {}, /^TypeError: .*wants one of the options client and url, got neither/],
    ['both', { client: client(), url: 'redis://localhost' }, /^TypeError: .*client and url, got both/],
    ['an unknown option', { client: client(), ttl: 5 }, /^TypeError: .*no option "ttl".*client, url, prefix/],
    [
      'null for a client',
      { client: null },
      /^TypeError: .*option client .*got null\. Give what createClient/,
    ],
    ['a text for a client', { client: 'redis' }, /^TypeError: .*option client .*got "redis"/],
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
    ['a URL that is no text', { url: new URL('redis://h') }, /^TypeError: .*option url .*an instance of URL/],
    [
      'another protocol',
      { url: 'http://localhost' },
      /^RangeError: .*option url .*one that begins otherwise/,
    ],
    ['what is no URL', { url: 'redis://a b' }, /^RangeError: .*option url .*one that is no URL/],
    ['a prefix that is no text', { client: client(), prefix: 7 }, /^TypeError: .*option prefix .*got 7/],
    ['an empty prefix', { client: client(), prefix: '' }, /^RangeError: .*option prefix .*got ""/],
  ])('refuse %s at construction', (_, options, message) => {
    let thrown: unknown;
    try {
      new RedisSessionStore(options as RedisStoreOptions);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toMatch(message);
  });

  it('show no password of a URL that is wrong', () => {
    expect(() => new RedisSessionStore({ url: 'http://me:secret@host' })).not.toThrow(/secret/);
  });
});

describe('a client that the application gives', () => {
  it('ends no process by its errors while the store is open, and is left as it was', async () => {
    const given = client();
    const store = new RedisSessionStore({ client: given });
    expect(given.emit('error', new Error('the connection is lost'))).toBe(true);
    await store.close();
    await store.onApplicationShutdown();
    expect(given.eventNames()).toEqual([]);
  });

  it('is asked for by a clear error where it is not connected', async () => {
    const idle = Object.assign(new EventEmitter(), { isOpen: false, sendCommand: async () => ['missing'] });
    const store = new RedisSessionStore({ client: idle });
    await expect(store.load(newKey())).rejects.toThrow(/not connected\. Call "await client\.connect\(\)"/);
    idle.isOpen = true;
    expect(await store.load(newKey())).toBeNull();
  });

  it('has no keys and data on its errors', async () => {
    const failure = Object.assign(new Error('OOM'), { command: { name: 'evalsha', args: ['the key'] } });
    const failing = Object.assign(new EventEmitter(), { call: () => Promise.reject(failure) });
    const store = new RedisSessionStore({ client: failing });
    await expect(store.load(newKey())).rejects.toBe(failure);
    expect(failure.command).toEqual({ name: 'evalsha' });
  });
});

describe('the option url', () => {
  const missing = () => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  };

  it('says what to install where there is no package for it', () => {
    expect(() => connectTo('redis://localhost', { redis: missing, ioredis: missing })).toThrow(
      /needs the package redis or ioredis .*npm install redis/,
    );
  });

  it('does not hide a package that is there and fails', () => {
    const broken = () => {
      throw new Error('broken');
    };
    expect(() => connectTo('redis://localhost', { redis: broken, ioredis: missing })).toThrow('broken');
  });
});
