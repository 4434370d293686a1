import { clearCookie, clearDuplicates, setSentCookie } from '../cookie/set-cookie.js';
import type { CookieOutcome } from '../core/session/commit-plan.js';
import type { RequestParts } from './request-parts.js';
import type { RequestSession } from './request-session.js';

/**
 * The `Set-Cookie` values of a session after its commit. A new cookie comes after those that clear: a browser applies them
 * in their order.
 */
export function cookieHeaders(
  session: RequestSession,
  outcome: CookieOutcome,
  parts: RequestParts,
): string[] {
  const own = outcome === 'none' ? [] : ownCookieHeaders(session, outcome, parts);
  if (!session.isDuplicate) return own;
  const sent = outcome === 'none' ? null : session.opened.cookie.object;
  return [...clearDuplicates(parts.cookieName, session.cookies.make(null, 0), sent), ...own];
}

function ownCookieHeaders(
  { opened, cookies }: RequestSession,
  outcome: 'send' | 'clear',
  { cookieName, ids, leftOut }: RequestParts,
): string[] {
  const { cookie } = opened;
  if (outcome === 'clear') return [clearCookie(cookieName, cookie.sent)];
  if (cookies.leftOut.length > 0) leftOut(cookies.leftOut);
  const { replaced } = cookie;
  const own = setSentCookie(cookieName, ids.signed(opened.id), opened.sendCookie());
  return replaced === null ? [own] : [clearCookie(cookieName, replaced), own];
}
