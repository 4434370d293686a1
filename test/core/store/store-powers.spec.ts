import { MemorySessionStore, SessionStore } from 'nest-session/http';
import {
  claimsExpiry,
  hasEpochs,
  hasLimits,
  hasNotices,
  hasScan,
  missingNotices,
  missingPower,
} from '../../../lib/core/store/store-powers.js';

class PlainStore extends SessionStore {
  readonly load = (): null => null;
  readonly create = (): 'created' => 'created';
  readonly patch = (): 'missing' => 'missing';
  readonly rekey = (): 'missing' => 'missing';
  readonly delete = (): 'missing' => 'missing';
}

const POWERS = [hasEpochs, hasLimits, hasScan, claimsExpiry, hasNotices];

describe('the powers of a store', () => {
  it('are none for a store with the five operations alone', () => {
    const store = new PlainStore();
    const powers = POWERS.map((has) => has(store));
    expect(powers).toEqual([false, false, false, false, false]);
  });

  it('are found by their methods', () => {
    const method = async (): Promise<never> => Promise.reject(new Error('not called'));
    const store = Object.assign(new PlainStore(), {
      epoch: method,
      advanceEpoch: method,
      limitsSessions: true,
      scan: method,
      claimExpired: method,
      publish: method,
      subscribe: method,
    });
    const powers = POWERS.map((has) => has(store));
    expect(powers).toEqual([true, true, true, true, true]);
  });
});

describe('missingPower', () => {
  it.each([
    [new PlainStore(), 'PlainStore'],
    [new MemorySessionStore(), 'MemorySessionStore'],
    [{}, 'the store'],
    [Object.create(null) as object, 'the store'],
  ])('names what needs it, what is missing and the class of the store', (store, name) => {
    const error = missingPower(store, 'The option limit', 'limitsSessions');
    expect(error.code).toBe('ERR_SESSION_CONFIG');
    expect(error.message).toBe(
      `The option limit needs a store with limitsSessions; ${name} has none. Use a store of this package, ` +
        'such as LmdbSessionStore, or add it to yours.',
    );
  });
});

describe('missingNotices', () => {
  it('names what the store needs, if only its options are the reason', () => {
    const store = Object.assign(new PlainStore(), { noticesNeed: 'a Pool. Pass one' });
    const error = missingNotices(store, 'The option notify');
    expect([error.code, error.message]).toEqual([
      'ERR_SESSION_CONFIG',
      'The option notify needs a Pool. Pass one.',
    ]);
  });

  it('names the missing methods for any other store', () => {
    expect(missingNotices(new PlainStore(), 'The option notify').message).toMatch(
      /^The option notify needs a store with publish\(\) and subscribe\(\); PlainStore has none\./,
    );
  });
});
