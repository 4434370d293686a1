/** The facts about a session when the application writes its first output. */
export interface CommitFacts {
  /** Whether a store holds the session. */
  readonly origin: 'fresh' | 'stored';
  /**
   * The cookie that the browser sent: none, one that does not name this session (dead, forged, a former id)
   * or must be sent again (signed with a retired secret), or the present one.
   */
  readonly client: 'nothing' | 'stale' | 'current';
  /** The session got a new id. */
  readonly rekeyed: boolean;
  /** Attributes or cookie settings differ from what the store holds, or an explicit save needs a record. */
  readonly changed: boolean;
  readonly destroyed: boolean;
  /** The request has released the session, which is not saved: `req.session = null`. */
  readonly released: boolean;
  /** The idle expiry must be moved. `false` where `changed`: that write moves it. */
  readonly touchDue: boolean;
  /** The cookie settings of the session differ from those that were sent to the browser. */
  readonly cookieChanged: boolean;
  /** The cookie has an expiry of its own. */
  readonly persistent: boolean;
  /** The request does not count as activity: it does not restart the lifetime of the cookie. */
  readonly passive: boolean;
  /** A cookie can reach the browser: the connection is secure enough and the headers are not sent. */
  readonly deliverable: boolean;
}

/** What a response does to the browser's cookie. */
export type CookieOutcome = CommitPlan['cookie'];

/** The options that a commit depends on. */
export interface CommitPolicy {
  readonly saveUninitialized: boolean;
  readonly rolling: boolean;
}

/** What a commit does: at most one write, and what the response does to the browser's cookie. */
export interface CommitPlan {
  readonly write: 'none' | 'create' | 'patch' | 'touch' | 'rekey' | 'delete';
  readonly cookie: 'none' | 'send' | 'clear';
}

/**
 * The truth table of a commit, as a pure function.
 *
 * Four rules hold for each row: a destroyed session sends no cookie; only a stored session is patched,
 * touched, rekeyed or deleted; a cookie is sent only for a record that exists after the commit; a stored
 * session that got a new id is rekeyed or deleted. An id that no browser gets is not stored.
 */
export function planCommit(facts: CommitFacts, policy: CommitPolicy): CommitPlan {
  if (facts.destroyed) return planDestroyed(facts);
  if (facts.released) return planReleased(facts);
  return facts.origin === 'fresh' ? planFresh(facts, policy) : planStored(facts, policy);
}

function planDestroyed({ origin, client, deliverable }: CommitFacts): CommitPlan {
  return {
    write: origin === 'stored' ? 'delete' : 'none',
    cookie: client !== 'nothing' && deliverable ? 'clear' : 'none',
  };
}

/** The record stays as it is. If the session got a new id, it is deleted, so that the old id is dead. */
function planReleased(facts: CommitFacts): CommitPlan {
  const isEnded = facts.rekeyed && facts.origin === 'stored';
  return isEnded ? planDestroyed(facts) : { write: 'none', cookie: 'none' };
}

/** A record is not created if its cookie cannot be delivered. */
function planFresh({ changed, rekeyed, deliverable }: CommitFacts, policy: CommitPolicy): CommitPlan {
  const isDue = changed || rekeyed || policy.saveUninitialized;
  return isDue && deliverable ? { write: 'create', cookie: 'send' } : { write: 'none', cookie: 'none' };
}

/** If no browser can get the new id, the session ends: an attacker may have the old id. */
function planStored(facts: CommitFacts, policy: CommitPolicy): CommitPlan {
  if (facts.rekeyed && facts.client !== 'current' && !facts.deliverable)
    return { write: 'delete', cookie: 'none' };
  const isDue =
    facts.rekeyed ||
    facts.client !== 'current' ||
    facts.cookieChanged ||
    (!facts.passive && (policy.rolling || (facts.persistent && facts.changed)));
  const cookie = isDue && facts.deliverable ? 'send' : 'none';
  if (facts.rekeyed) return { write: 'rekey', cookie };
  if (facts.changed) return { write: 'patch', cookie };
  return { write: facts.touchDue ? 'touch' : 'none', cookie };
}

/**
 * The cookie of a response that reports a failed commit. It is sent only for an id that the store holds, and
 * with changed settings only if the store holds those too.
 */
export function cookieAfterFailure(facts: CommitFacts, isCookieStored: boolean): CommitPlan['cookie'] {
  const isHeld = facts.origin === 'stored' && !facts.rekeyed && !facts.destroyed;
  const isDue = facts.client !== 'current' || (facts.cookieChanged && isCookieStored);
  return isHeld && isDue && facts.deliverable ? 'send' : 'none';
}
