import type { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import { clearCookie, clearDuplicates } from '../cookie/set-cookie.js';
import type { CookieOutcome } from '../core/session/commit-plan.js';
import type { RequestParts } from './request-parts.js';
import type { AttachedSession } from './request-properties.js';
import { clearSiteData } from './clear-site-data.js';
import { forbidStoring, type HeaderWriter } from './response/cache-headers.js';

/** What the cookies of a response depend on. */
interface ResponseSession extends Pick<AttachedSession, 'opened'> {
  readonly res: HeaderWriter;
  readonly cookies: OptionsCookieFactory;
  /** The client sent cookies of several live sessions: the response clears them. */
  readonly isDuplicate: boolean;
  /** The connection is secure. */
  readonly isSecure: boolean;
}

/** Adds the cookies of a session to `Set-Cookie`, and forbids caches to store the response. */
export function writeCookies(session: ResponseSession, outcome: CookieOutcome, parts: RequestParts): void {
  const { res } = session;
  const others = res.getHeader?.('Set-Cookie');
  let own = outcome === 'none' ? [] : ownCookies(session, outcome, parts);
  if (session.isDuplicate) {
    const sent = outcome === 'none' ? null : session.opened.cookie.object;
    // A browser applies them in this order: the new cookie comes after those that clear.
    own = [...clearDuplicates(parts.cookieName, session.cookies.attributesOf(null), sent), ...own];
  }
  res.setHeader('Set-Cookie', others === undefined ? own : [...[others].flat().map(String), ...own]);
  forbidStoring(res);
  // Browsers ignore it on an insecure connection.
  if (outcome === 'clear' && parts.clearSiteData !== null && session.isSecure)
    clearSiteData(res, parts.clearSiteData);
}

function ownCookies(
  { opened, cookies }: ResponseSession,
  outcome: 'send' | 'clear',
  { cookieName, ids, leftOut }: RequestParts,
): string[] {
  if (outcome === 'clear') return [clearCookie(cookieName, opened.cookie.sent)];
  if (cookies.leftOut.length > 0) leftOut(cookies.leftOut);
  const { replaced } = opened.cookie;
  const own = cookies.setCookie(cookieName, ids.signed(opened.id), opened.sendCookie());
  return replaced === null ? [own] : [clearCookie(cookieName, replaced), own];
}
