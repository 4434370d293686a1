import type { PrincipalLimit, WriteTerms } from '../store/session-store.js';
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

/** The part of a session's state that terms depend on. */
interface WriteFacts {
  readonly parts: {
    /** `null` where the store has no epochs. */
    readonly terms: EngineTerms | null;
    readonly features: { readonly realm: string };
  };
  readonly pending: PendingIdentity | null;
  /** This request has created the record or logged in. */
  readonly isStamped: boolean;
}

/** The terms of a create; `undefined` for none. Only a login has a limit. */
export function createTerms(
  { parts: { terms, features } }: WriteFacts,
  limit: PrincipalLimit | null,
): WriteTerms | undefined {
  return limit === null ? terms?.login : { realm: features.realm, isLogin: true, limit };
}

/** The terms of a move to a new id; `undefined` for none. */
export function moveTerms(state: WriteFacts, limit: PrincipalLimit | null): WriteTerms | undefined {
  const { parts, pending, isStamped } = state;
  const isLogin = pending?.kind === 'login' || pending?.kind === 'step-up';
  // The stamp of a record that this request has created is not known here. A record that is not refused has
  // the present epoch, so it may be stamped again.
  return limit !== null || isLogin || isStamped ? createTerms(state, limit) : parts.terms?.move;
}
