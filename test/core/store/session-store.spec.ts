import type { SessionKey } from '../../../lib/core/session-id.js';
import {
  byNewest,
  isExpirySweeper,
  isPrincipalIndex,
  isSessionStore,
  STORE_METHODS,
  type SessionStore,
  type StoredSession,
} from '../../../lib/core/store/session-store.js';

const withMethods = (...names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, () => null]));
const store = withMethods(...STORE_METHODS) as SessionStore;

describe('isSessionStore', () => {
  it('accepts an object with the five methods', () => {
    expect(isSessionStore(store)).toBe(true);
  });

  it.each([...STORE_METHODS])('refuses an object without %s', (missing) => {
    expect(isSessionStore({ ...store, [missing]: undefined })).toBe(false);
  });

  it.each([null, undefined, 'redis', {}])('refuses %p', (value) => {
    expect(isSessionStore(value)).toBe(false);
  });
});

describe('the optional powers of a store', () => {
  it('are found by their methods', () => {
    expect(isExpirySweeper(store)).toBe(false);
    expect(isExpirySweeper({ ...store, ...withMethods('deleteExpired') } as SessionStore)).toBe(true);
    expect(isPrincipalIndex(withMethods('listByPrincipal'))).toBe(false);
    expect(isPrincipalIndex(withMethods('listByPrincipal', 'deleteByPrincipal'))).toBe(true);
  });
});

describe('byNewest', () => {
  const session = (createdAt: number, expiresAt: number): StoredSession => ({
    key: `key${createdAt}` as SessionKey,
    record: { createdAt, touchedAt: 0, expiresAt, principal: 'u1', revision: 0, attributes: new Map() },
  });

  it('returns the sessions that have not expired, the newest first', () => {
    const sessions = [session(1, 100), session(3, 10), session(2, 11), session(4, 100)];
    expect(byNewest(sessions, 10).map(({ record }) => record.createdAt)).toEqual([4, 2, 1]);
  });
});
