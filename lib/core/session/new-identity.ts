import { chain, type Awaitable } from '../util/awaitable.js';
import { adoptMoved } from './earlier-write.js';
import { beginLogin, type Login } from './login.js';
import { bindsUser } from './login-limit.js';
import { storeLogin } from './session-commit.js';
import { sentError } from './session-errors.js';
import { beginMove } from './session-move.js';
import { endOldIdOnceClosed } from './session-removal.js';
import type { SessionState } from './session-state.js';

/** What a new id keeps: named attributes, all, or what a login decides. */
export type NewIdentity = readonly string[] | 'all' | Login;

/** Runs a step in order with the other steps of a session. */
type InOrder = (step: () => Promise<void>) => Awaitable<void>;

/**
 * The step of `regenerate()` and `login()`. The next commit moves the record, except that a login which the
 * limit may refuse is stored here: a login that returns has succeeded.
 *
 * @throws SessionError `ERR_SESSION_SENT`, `ERR_SESSION_LIMIT`, and those of a commit.
 */
export function takeNewIdentity(state: SessionState, next: NewIdentity, inOrder: InOrder): Awaitable<void> {
  const isLogin = typeof next === 'object' && 'principal' in next;
  if (state.request.hasBegun) throw sentError(isLogin ? 'login' : 'regenerate');
  return chain(state.unsettled.moved === null ? undefined : adoptMoved(state), () => {
    const isFirst = state.stored !== null && state.moving === null;
    if (isLogin) beginLogin(state, next);
    else beginMove(state, next);
    if (isFirst) endOldIdOnceClosed(state, inOrder);
    const canBeRefused = isLogin && state.pending?.undo != null && bindsUser(state);
    return canBeRefused ? storeLogin(state) : undefined;
  });
}
