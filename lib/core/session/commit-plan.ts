/** What is true of a session when the first byte of the answer is wanted. */
export interface CommitFacts {
  /** Whether a store holds it. */
  readonly origin: 'fresh' | 'stored';
  /**
   * The cookie that the browser sent: none, one that does not lead here (dead, forged, a former id, signed with
   * a retired secret), or the one that leads here.
   */
  readonly client: 'nothing' | 'stale' | 'current';
  /** The visitor was given a new id. */
  readonly rekeyed: boolean;
  /** Attributes or cookie settings differ from what the store holds, or an explicit save asks for a record. */
  readonly changed: boolean;
  readonly destroyed: boolean;
  /** The request goes on without the session, which is not saved: `req.session = null`. */
  readonly released: boolean;
  /** It is time to move the idle expiry. */
  readonly touchDue: boolean;
  /** The cookie settings of the session differ from those that the browser was sent. */
  readonly cookieChanged: boolean;
  /** The cookie tells the browser when to forget it. */
  readonly persistent: boolean;
  /** A cookie can reach the browser: the connection is secure enough and the headers are not out. */
  readonly deliverable: boolean;
}

/** What a commit does to the browser's cookie. */
export type CookieOutcome = CommitPlan['cookie'];

/** The options that bear on a commit. */
export interface CommitPolicy {
  readonly saveUninitialized: boolean;
  readonly rolling: boolean;
}

/** What to do, decided: one write at most, and what becomes of the browser's cookie. */
export interface CommitPlan {
  readonly write: 'none' | 'create' | 'patch' | 'touch' | 'rekey' | 'delete';
  readonly cookie: 'none' | 'send' | 'clear';
}

/**
 * The truth table of a commit, as a pure function.
 *
 * Four rules hold for each row: a destroyed session sends no cookie; only a stored session is patched, touched,
 * rekeyed or deleted; a cookie is sent only for a record that exists after the plan; a stored session for which a new
 * id was asked is rekeyed or deleted.
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

/** The record stays as it is. Once a new id was asked for it is removed, so that the old id is dead. */
function planReleased(facts: CommitFacts): CommitPlan {
  const isEnded = facts.rekeyed && facts.origin === 'stored';
  return isEnded ? planDestroyed(facts) : { write: 'none', cookie: 'none' };
}

/** A record that no browser could ever name again is not made. */
function planFresh({ changed, rekeyed, deliverable }: CommitFacts, policy: CommitPolicy): CommitPlan {
  const wanted = changed || rekeyed || policy.saveUninitialized;
  return wanted && deliverable ? { write: 'create', cookie: 'send' } : { write: 'none', cookie: 'none' };
}

/** A rekey is carried out even where the new cookie cannot be sent: better logged out than left on an id that may be known. */
function planStored(facts: CommitFacts, policy: CommitPolicy): CommitPlan {
  const due =
    facts.rekeyed ||
    facts.client !== 'current' ||
    facts.cookieChanged ||
    policy.rolling ||
    (facts.persistent && facts.changed);
  return { write: planWrite(facts), cookie: due && facts.deliverable ? 'send' : 'none' };
}

function planWrite({ rekeyed, changed, touchDue }: CommitFacts): CommitPlan['write'] {
  if (rekeyed) return 'rekey';
  if (changed) return 'patch';
  return touchDue ? 'touch' : 'none';
}

/**
 * The cookie of a response that reports a failed commit. It goes out only for an id that the store holds, and with changed
 * settings only where the store holds these too.
 */
export function cookieAfterFailure(facts: CommitFacts, isCookieStored: boolean): CommitPlan['cookie'] {
  const isHeld = facts.origin === 'stored' && !facts.rekeyed && !facts.destroyed;
  const isDue = facts.client !== 'current' || (facts.cookieChanged && isCookieStored);
  return isHeld && isDue && facts.deliverable ? 'send' : 'none';
}
