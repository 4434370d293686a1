import { sessionHandle } from '../session-id.js';
import { scopeOf } from '../store/principal-scope.js';
import { HANDLE, readHandle } from './own-attributes.js';
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
    if (former !== null && !isCreated) sink.emit({ type: 'regenerated', formerHandle: former, ...present });
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

/** What all events of a session have. `principal` is the indexed one. */
function about({ parts, now }: SessionState, handle: string, principal: string | null) {
  const plain = principal === null ? null : scopeOf(principal).principal;
  return { sessionName: parts.features.realm, at: now, handle, principal: plain } as const;
}
