import expressSession from 'express-session';
import { MemorySessionStore, SessionError, type SessionLimit } from 'nest-session/http';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import type { AnyStore } from '../../lib/http/session-options.js';
import type { ResolvedSessionOptions } from '../../lib/http/resolved-session-options.js';
import { SECRET } from '../support/secret.js';

function resolved(limit: unknown, store: AnyStore = new MemorySessionStore()): ResolvedSessionOptions {
  return resolveSessionOptions({ secret: SECRET, store, limit: limit as SessionLimit });
}

function refusal(limit: unknown, store?: AnyStore): SessionError {
  try {
    resolved(limit, store);
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
  throw new Error('The limit was accepted.');
}

describe('the option limit', () => {
  it('is off by default', () => {
    expect(resolved(undefined).limit).toBe(null);
  });

  it('evicts the oldest session by default', async () => {
    const { perPrincipal, whenReached } = resolved({ perPrincipal: 3 }).limit!;
    expect([await perPrincipal('u1'), whenReached]).toEqual([3, 'evict-oldest']);
  });

  it('takes a function of the principal, and each kind', async () => {
    for (const whenReached of ['evict-oldest', 'evict-least-recent', 'reject'] as const) {
      const { limit } = resolved({ perPrincipal: async (user: string) => user.length, whenReached });
      expect([await limit!.perPrincipal('ada'), limit!.whenReached]).toEqual([3, whenReached]);
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['null', null, /limit must be an object such as \{ perPrincipal: 3 \}, got null/],
    ['a number', 3, /limit must be an object such as \{ perPrincipal: 3 \}, got 3/],
    ['an array', [3], /limit must be an object.*got an array of 1/],
    ['no number', {}, /limit needs perPrincipal, such as \{ perPrincipal: 3 \}/],
    ['zero', { perPrincipal: 0 }, /limit\.perPrincipal must be a positive integer.*got 0\./],
    ['a negative number', { perPrincipal: -1 }, /limit\.perPrincipal .*got -1\./],
    ['a fraction', { perPrincipal: 1.5 }, /limit\.perPrincipal .*got 1\.5\./],
    ['Infinity', { perPrincipal: Infinity }, /limit\.perPrincipal .*got Infinity\./],
    ['a text', { perPrincipal: 'secret' }, /limit\.perPrincipal .*got a string of 6 characters\./],
    [
      'an unknown kind',
      { perPrincipal: 1, whenReached: 'evict' },
      /limit\.whenReached must be "evict-oldest", "evict-least-recent" or "reject", got "evict"\./,
    ],
    ['an unknown option', { perPrincipal: 1, per: 2 }, /limit\.per is not an option/],
  ])('fails at startup: %s', (_, limit, message) => {
    const error = refusal(limit);
    expect(error.code).toBe('ERR_SESSION_CONFIG');
    expect(error.message).toMatch(message);
  });

  it('needs a store that can limit sessions, and names its class', () => {
    class PlainStore extends MemorySessionStore {
      override readonly limitsSessions = false as never;
    }
    for (const [store, name] of [
      [new PlainStore(), 'PlainStore'],
      [new expressSession.MemoryStore(), 'MemoryStore'],
    ] as const) {
      const error = refusal({ perPrincipal: 3 }, store);
      expect(error.code).toBe('ERR_SESSION_CONFIG');
      expect(error.message).toMatch(`The option limit needs a store with limits of sessions`);
      expect(error.message).toContain(`${name} has none`);
      expect(resolved(undefined, store).limit).toBe(null);
    }
  });
});
