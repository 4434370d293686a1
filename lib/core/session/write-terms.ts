import type { WriteTerms } from '../store/session-store.js';
import type { PendingIdentity } from './pending-identity.js';

/** The terms of the writes of one engine. */
export interface EngineTerms {
  readonly login: WriteTerms;
  readonly move: WriteTerms;
}

/** The terms of an engine whose store has epochs. */
export function engineTerms(realm: string): EngineTerms {
  return { login: { realm, isLogin: true, limit: null }, move: { realm, isLogin: false, limit: null } };
}

/** What the terms of a move depend on. */
interface MoveFacts {
  readonly pending: PendingIdentity | null;
  /** This request has created the record or logged in. */
  readonly isStamped: boolean;
}

/** The terms of a move to a new id. */
export function moveTerms(terms: EngineTerms, { pending, isStamped }: MoveFacts): WriteTerms {
  const isLogin = pending?.kind === 'login' || pending?.kind === 'step-up';
  // The stamp of a record that this request has created is not known here. A record that is not refused has
  // the present epoch, so it may be stamped again.
  return isLogin || isStamped ? terms.login : terms.move;
}
