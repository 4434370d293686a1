import { ok } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type {
  Evicted,
  PrincipalIndex,
  PrincipalLimit,
  SessionStore,
  StoredSession,
  WriteTerms,
} from '../core/store/session-store.js';
import { isPrincipalIndex } from '../core/store/session-store.js';
import { hasLimits, type SessionLimits } from '../core/store/store-powers.js';
import { newKey, recordOf, requiring, type Cases } from './contract-records.js';

/** A store with limits. It finds the sessions of a principal, so it can list them too. */
export type LimitingStore = SessionStore & SessionLimits & PrincipalIndex;

type Mode = PrincipalLimit['whenReached'];

/** The three kinds of limits. */
export const MODES: readonly Mode[] = ['evict-oldest', 'evict-least-recent', 'reject'];

/** The instant by which each mode chooses what it evicts. */
export const FIELDS = { 'evict-oldest': 'createdAt', 'evict-least-recent': 'touchedAt' } as const;

/** The cases for a store with limits. They fail for a store without them. */
export const requiringLimits = (cases: Cases<LimitingStore>): Cases =>
  requiring(
    (store): store is LimitingStore => hasLimits(store) && isPrincipalIndex(store),
    'The store has no limitsSessions, or no listByPrincipal(). Set the option limits: false.',
    cases,
  );

/** The terms of a login with a limit. */
export function termsOf(most: number, whenReached: Mode, at: number = Date.now()): WriteTerms {
  return { realm: 'default', isLogin: true, limit: { most, whenReached, at } };
}

/** Creates a session without a principal. */
export async function anonymous(store: SessionStore): Promise<SessionKey> {
  const key = newKey();
  await store.create(key, recordOf({}));
  return key;
}

/** The keys of the sessions that a store lists. */
export async function keysOf(
  store: PrincipalIndex,
  principal: string,
  at: number = Date.now(),
): Promise<SessionKey[]> {
  return (await store.listByPrincipal(principal, at, 100)).map(({ key }) => key);
}

/** The evicted sessions of a result that has some. */
export function evictedBy(result: unknown): readonly StoredSession[] {
  const { evicted = [] } = result as Partial<Evicted>;
  ok(evicted.length > 0, 'no session was evicted');
  return evicted;
}
