import { victimsOf } from '../../../lib/core/store/principal-limit.js';
import type { PrincipalLimit, StoredSession } from '../../../lib/core/store/session-store.js';
import type { SessionKey } from '../../../lib/core/session-id.js';

const stored = (key: string, createdAt: number, touchedAt: number): StoredSession => ({
  key: key as SessionKey,
  record: { createdAt, touchedAt, expiresAt: 99, principal: 'u1', revision: 0, attributes: new Map() },
});
const LIVE = [stored('b', 2, 9), stored('c', 1, 8), stored('a', 2, 7)];
const limit = (most: number, whenReached: PrincipalLimit['whenReached']): PrincipalLimit => ({
  most,
  whenReached,
  at: 0,
});

describe('victimsOf', () => {
  it.each(['evict-oldest', 'evict-least-recent', 'reject'] as const)(
    'ends no session below the limit (%s)',
    (whenReached) => {
      expect(victimsOf(LIVE, limit(4, whenReached))).toEqual([]);
    },
  );

  it.each([
    ['the oldest', 'evict-oldest', 3, ['c']],
    ['the oldest, by key if they are equally old', 'evict-oldest', 2, ['c', 'a']],
    ['the least recently used', 'evict-least-recent', 3, ['a']],
    ['all above a limit that was lowered', 'evict-least-recent', 1, ['a', 'c', 'b']],
  ] as const)('ends %s', (_, whenReached, most, expected) => {
    const victims = victimsOf(LIVE, limit(most, whenReached));
    expect((victims as StoredSession[]).map(({ key }) => key)).toEqual(expected);
  });

  it('rejects at the limit', () => {
    expect(victimsOf(LIVE, limit(3, 'reject'))).toBe('limit');
  });
});
