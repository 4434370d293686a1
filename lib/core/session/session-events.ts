import { sessionHandle, sessionKey, type SessionId, type SessionKey } from '../session-id.js';
import type { SessionError } from '../errors.js';
import { scopeOf } from '../store/principal-scope.js';
import type { Evicted, PrincipalLimit, StoredSession } from '../store/session-store.js';
import { HANDLE, readHandle } from './own-attributes.js';
import { limitError } from './session-errors.js';
import { handleOf, madeHandle } from './session-identity.js';
import type { SessionState } from './session-state.js';

/** A store holds a new session, which may be the result of a login. */
export function reportCreated(state: SessionState): void {
  const { sink } = state.parts.features;
  if (sink.isOn) sink.emit({ type: 'created', ...about(state, handleOf(state), state.identity.principal) });
  reportIdentity(state, true);
}

/** The store has moved a session to a new id. */
export function reportMoved(state: SessionState): void {
  reportIdentity(state, false);
}

function reportIdentity(state: SessionState, isCreated: boolean): void {
  const { pending } = state;
  const { sink } = state.parts.features;
  state.pending = null;
  if (pending === null) return;
  const { kind, method, formerHandle: former, formerPrincipal } = pending;
  if (kind === 'login' || kind === 'step-up') state.isStamped = true;
  if (!sink.isOn) return;
  const handle = handleOf(state);
  const present = about(state, handle, state.identity.principal);
  if (kind === 'logout') {
    if (former !== null) sink.emit({ type: 'logout', ...about(state, former, formerPrincipal) });
  } else if (kind === 'regenerate') {
    if (former === null || isCreated) return;
    if (formerPrincipal !== null && formerPrincipal !== state.identity.principal)
      sink.emit({ type: 'logout', ...about(state, former, formerPrincipal) });
    sink.emit({ type: 'regenerated', formerHandle: former, ...present });
  } else {
    const formerHandle = former === handle ? null : former;
    sink.emit({ type: 'login', formerHandle, method, isStepUp: kind === 'step-up', ...present });
  }
}

/** The request has deleted its own session. Call it before the state drops the record. */
export function reportEnded(state: SessionState): void {
  const { stored, moving, pending, parts } = state;
  const { key, record } = stored!;
  const own = readHandle(record.attributes.get(HANDLE));
  const former = moving === null ? madeHandle(state) : (pending?.formerHandle ?? null);
  const handle = own ?? former ?? sessionHandle(key);
  parts.features.sink.emit({ type: 'logout', ...about(state, handle, record.principal) });
}

/** A login has removed other sessions of its user. Call it once the state has the stored login. */
export function reportEvicted(state: SessionState, { evicted }: Evicted, limit: PrincipalLimit): void {
  const { sink } = state.parts.features;
  if (!sink.isOn) return;
  const handles = evicted.map((session) => handleOfStored(state, session));
  for (const [n, { record }] of evicted.entries())
    sink.emit({ type: 'revoked', reason: 'limit', ...about(state, handles[n]!, record.principal) });
  reportLimit(state, limit, handles);
}

/** The error of a login that the limit refuses, which is reported. */
export function limitReached(state: SessionState, limit: PrincipalLimit): SessionError {
  reportLimit(state, limit, []);
  return limitError();
}

function reportLimit(state: SessionState, { whenReached }: PrincipalLimit, handles: readonly string[]): void {
  const { sink, realm } = state.parts.features;
  if (!sink.isOn) return;
  const { principal } = scopeOf(state.identity.principal!);
  sink.emit({ type: 'limit-reached', sessionName: realm, at: state.now, principal, whenReached, handles });
}

function handleOfStored({ stored, id }: SessionState, { key, record }: StoredSession): string {
  const own = readHandle(record.attributes.get(HANDLE));
  if (own !== null) return own;
  // A store with keys of its own uses the id as the key.
  const hasOwnKeys = stored?.key === (id as string as SessionKey);
  return sessionHandle(hasOwnKeys ? sessionKey(key as string as SessionId) : key);
}

/** What all events of a session have. `principal` is the indexed one. */
function about({ parts, now }: SessionState, handle: string, principal: string | null) {
  const plain = principal === null ? null : scopeOf(principal).principal;
  return { sessionName: parts.features.realm, at: now, handle, principal: plain } as const;
}
