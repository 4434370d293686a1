import { deviceFacts } from './login-device.js';
import { LOGIN, type LoginFacts, type OwnTexts } from './own-attributes.js';
import { pendingIdentity } from './pending-identity.js';
import { goneError } from './session-errors.js';
import { boundLogin, ownerOf } from './session-identity.js';
import { beforeLogin } from './session-checkpoint.js';
import { beginMove } from './session-move.js';
import type { SessionState } from './session-state.js';

const NO_TEXTS: OwnTexts = new Map();

/** What `session.login()` was called with, checked. */
export interface Login {
  /** As stores index it. */
  readonly principal: string;
  readonly keep: readonly string[];
  readonly method: string | null;
}

/**
 * Binds the session to a user, under a new id. The next commit moves the record.
 *
 * Of an anonymous visitor the kept attributes stay, of another user none. A login of the user whose session
 * it is keeps all of them, and the handle.
 * @throws SessionError `ERR_SESSION_GONE` for a step-up of a session that another request has ended.
 * `ERR_SESSION_VALUE` for a device that cannot be recorded.
 */
export function beginLogin(state: SessionState, { principal, keep, method }: Login): void {
  const isOver = state.ending === 'destroyed';
  const owner = isOver ? null : ownerOf(state);
  if (owner === principal) return beginStepUp(state, principal, method);
  const device = deviceFacts(state);
  const undo = beforeLogin(state);
  beginMove(state, owner === null && !isOver ? keep : []);
  const at = state.now;
  bind(state, principal, { at, methods: withMethod({}, method, at), ...device });
  undo?.begun();
  state.pending = pendingIdentity('login', { ...state.pending, method, undo });
}

function beginStepUp(state: SessionState, principal: string, method: string | null): void {
  if (state.isGone) throw goneError('stepped up');
  const { pending, now } = state;
  const before = boundLogin(state);
  const device = deviceFacts(state);
  beginMove(state, 'all');
  state.identify(now, principal);
  const methods = withMethod(before?.methods ?? {}, method, now);
  bind(state, principal, { ...before, at: now, methods, ...device });
  // The absolute end of the session has changed, and so that of its cookie.
  state.cookie.use(state.seed(state.cookie.settings, now));
  // Another login within the request, before the first is stored.
  const isLogin = pending?.kind === 'login';
  state.pending = isLogin
    ? { ...pending, method: method ?? pending.method }
    : pendingIdentity('step-up', { ...state.pending, method });
}

function withMethod(
  before: LoginFacts['methods'],
  method: string | null,
  now: number,
): LoginFacts['methods'] {
  return method === null ? before : { ...before, [method]: now };
}

/** Sets the user of the session, and the login that is stored with it. */
export function bind(state: SessionState, principal: string, facts: LoginFacts): void {
  state.identify(state.identity.createdAt, principal);
  state.own = new Map([...(state.own ?? NO_TEXTS), [LOGIN, JSON.stringify(facts)]]);
  state.needsStamp = state.parts.features.stamps !== null;
}
