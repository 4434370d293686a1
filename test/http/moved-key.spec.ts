import { jest } from '@jest/globals';
import { MemorySessionStore } from 'nest-session/http';
import { keyFinder } from '../../lib/http/moved-key.js';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import { SECRET } from '../support/secret.js';

describe('the search for a session under its new id', () => {
  const store = new MemorySessionStore();
  const find = () =>
    keyFinder(resolveSessionOptions({ secret: SECRET, store, storeTimeout: 20 }), 'default')('u1', 'handle');
  afterEach(() => void jest.restoreAllMocks());

  it('finds nothing for a handle that no session has', async () => {
    expect(await find()).toBeNull();
  });

  it.each([
    ['fails', () => Promise.reject(new Error('the key of u1'))],
    ['never responds', () => new Promise<never>(() => undefined)],
  ])('rejects as every store call where the store %s', async (_, list) => {
    jest.spyOn(store, 'listByPrincipal').mockImplementation(list);
    await expect(find()).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.not.stringContaining('u1') as string,
    });
  });
});
