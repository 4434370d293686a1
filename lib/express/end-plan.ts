import type { ResolvedExpressOptions } from './express-options.js';

/** Options that decide how a response ends. */
export type EndPolicy = Pick<
  ResolvedExpressOptions,
  'rolling' | 'saveUninitialized' | 'storeTouches' | 'unset'
>;

/**
 * State of a request and its session at an output of the response. Properties may be getters: the functions
 * below read one only where it decides, since some need the JSON text of the session.
 */
export interface EndFacts {
  /** `req.session`: a session, `null` or `undefined`, or another falsy value. */
  readonly session: 'present' | 'unset' | 'falsy';
  /** `req.sessionID`: the id in the request's cookie, another string, or not a string. */
  readonly id: 'sent' | 'other' | 'not-a-string';
  /** `req.sessionID` is truthy. */
  readonly hasId: boolean;
  /** The request's cookie has the id of the session object, which can differ from `req.sessionID` (R46). */
  readonly isOwnIdSent: boolean;
  /** This request has generated the session. */
  readonly isNew: boolean;
  /** The id or the text of the session has changed since the request began (R50, R52). */
  readonly isModified: boolean;
  /** The text that counts as saved (R54): none, a different one, or that of the session. */
  readonly saved: 'nothing' | 'other' | 'same';
  /** The store has a session under `req.sessionID`. */
  readonly isStored: boolean;
  /** The session's cookie has an `expires`. */
  readonly isPersistent: boolean;
  /** The connection is secure, or the cookie does not have to be (R40). */
  readonly isDeliverable: boolean;
  readonly isClientGone: boolean;
  /** This output has decided whether the cookie is due, not an earlier one. */
  readonly isFirstOutput: boolean;
  /** Result of {@link needsCookie}. */
  readonly isCookieDue: boolean;
  /** An earlier output has destroyed the session. */
  readonly isDestroyed: boolean;
  /** An earlier output has saved, discarded or touched the session. */
  readonly isWritten: boolean;
  /** The last store call that failed was for a new id. */
  readonly hasFailed: boolean;
  /** A save threw an exception at its caller. */
  readonly hasThrown: boolean;
}

/** Whether the response needs the cookie. Decided once, at the first output (R41, R42). */
export function needsCookie(facts: CookieFacts, policy: EndPolicy): boolean {
  if (facts.id === 'not-a-string') return false;
  const isWanted =
    facts.id === 'other'
      ? policy.saveUninitialized || facts.isModified
      : policy.rolling || (facts.isPersistent && facts.isModified);
  return isWanted && facts.isDeliverable;
}

/** Facts of {@link needsCookie}. */
export type CookieFacts = Pick<EndFacts, 'id' | 'isModified' | 'isPersistent' | 'isDeliverable'>;

/** Whether the cookie is sent, if it is due: not for a new id that could not be stored (W4). */
export function sendsCookie(facts: SentFacts): boolean {
  if (!facts.isCookieDue) return false;
  return facts.isStored || !(facts.hasFailed || (facts.hasThrown && facts.id !== 'sent'));
}

/** Facts of {@link sendsCookie}. */
export type SentFacts = Pick<EndFacts, 'id' | 'isCookieDue' | 'isStored' | 'hasFailed' | 'hasThrown'>;

/** What to do with the session in the store. `discard`: a save is due, but no browser has the id (W25). */
export type EndPlan = 'none' | 'save' | 'discard' | 'touch' | 'destroy';

/** Truth table for the end of a response (R57 to R59). */
export function planEnd(facts: StoreFacts, policy: EndPolicy): EndPlan {
  if (facts.session !== 'present') return isDestroyDue(facts, policy) ? 'destroy' : 'none';
  if (isSaveDue(facts, policy)) return canBeFound(facts) ? 'save' : 'discard';
  return policy.storeTouches && facts.id === 'sent' && !facts.isWritten ? 'touch' : 'none';
}

/** Facts of {@link planEnd}. */
export type StoreFacts = Omit<
  EndFacts,
  'isPersistent' | 'isDeliverable' | 'isStored' | 'hasFailed' | 'hasThrown'
>;

function isDestroyDue({ session, hasId, isDestroyed }: StoreFacts, { unset }: EndPolicy): boolean {
  return unset === 'destroy' && session === 'unset' && hasId && !isDestroyed;
}

function isSaveDue(facts: StoreFacts, { saveUninitialized }: EndPolicy): boolean {
  if (facts.id === 'not-a-string') return false;
  const isUninitialized = facts.id === 'other' && facts.saved === 'nothing';
  return isUninitialized && !saveUninitialized ? facts.isModified : facts.saved !== 'same';
}

function canBeFound(facts: StoreFacts): boolean {
  if (facts.isFirstOutput) return !(facts.isNew && facts.isClientGone);
  return facts.isCookieDue || facts.isOwnIdSent;
}
