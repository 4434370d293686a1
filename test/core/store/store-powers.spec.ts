import { MemorySessionStore, SessionStore } from 'nest-session/http';
import {
  claimsExpiry,
  hasEpochs,
  hasLimits,
  hasScan,
  missingPower,
} from '../../../lib/core/store/store-powers.js';

class PlainStore extends SessionStore {
  readonly load = (): null => null;
  readonly create = (): 'created' => 'created';
  readonly patch = (): 'missing' => 'missing';
  readonly rekey = (): 'missing' => 'missing';
  readonly delete = (): 'missing' => 'missing';
}

describe('the powers of a store', () => {
  it('are none for a store with the five operations alone', () => {
    const store = new PlainStore();
    const powers = [hasEpochs(store), hasLimits(store), hasScan(store), claimsExpiry(store)];
    expect(powers).toEqual([false, false, false, false]);
  });

  it('are found by their methods', () => {
    const method = async (): Promise<never> => Promise.reject(new Error('not called'));
    const store = Object.assign(new PlainStore(), {
      epoch: method,
      advanceEpoch: method,
      limitsSessions: true,
      scan: method,
      claimExpired: method,
    });
    const powers = [hasEpochs(store), hasLimits(store), hasScan(store), claimsExpiry(store)];
    expect(powers).toEqual([true, true, true, true]);
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
