import type { CookieOutcome } from '../core/session/commit-plan.js';
import type { OpenSession } from '../core/session/open-session.js';
import { endOldId } from '../core/session/session-removal.js';
import type { Awaitable } from '../core/util/awaitable.js';
import type { RequestParts } from './request-parts.js';

/** The part of the options that decides which responses save. */
type SavePolicy = Pick<RequestParts, 'saveOnError'>;
/** A response; one that is not Node's may have no status. */
type Response = { readonly statusCode?: number };

/** Whether a response saves no session: by the option `saveOnError`, if it reports an error of the server. */
export function isUnsaved({ saveOnError }: SavePolicy, { statusCode }: Response): boolean {
  return !saveOnError && statusCode !== undefined && statusCode >= 500;
}

/** Saves the session with the response, or leaves it as it is stored. Returns what becomes of the cookie. */
export function saveWith(res: Response, opened: OpenSession, policy: SavePolicy): Awaitable<CookieOutcome> {
  if (opened.isAlive && isUnsaved(policy, res)) return leave(opened);
  return opened.commit();
}

/** What {@link saveWith} will do to the cookie, for a response that does not wait for it. */
export function plannedWith(res: Response, opened: OpenSession, policy: SavePolicy): CookieOutcome {
  const isLeft = opened.isAlive && isUnsaved(policy, res);
  return isLeft ? opened.cookieAfterFailure() : opened.plannedCookie();
}

/**
 * The session is not saved. The old id of a session that was given a new one ends all the same: an attacker
 * may have it. The cookie is sent where an explicit `save()` has stored a new id.
 */
function leave(opened: OpenSession): Awaitable<CookieOutcome> {
  if (!opened.isAvailable) return 'none';
  if (!opened.isNew) return opened.cookieAfterFailure();
  return opened.run(endOldId).then(() => opened.cookieAfterFailure());
}
