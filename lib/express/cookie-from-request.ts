import { cookieValues } from '../cookie/cookie-header.js';
import { verifiedId, type Secret } from '../cookie/cookie-signature.js';
import type { SessionedRequest } from '../stores/express-session/session.js';

/** The id in the cookie of a request. */
export interface SentId {
  readonly id: string | undefined;
  /** The id is not in the `Cookie` header, only in what cookie-parser set. */
  readonly isFromParser: boolean;
}

/**
 * Reads the id in a request's cookie: from the header, or else from `req.signedCookies` and `req.cookies`.
 *
 * @see parity rules R31 to R36
 */
export function idFromRequest(req: SessionedRequest, name: string, secrets: readonly Secret[]): SentId {
  for (const value of cookieValues(req.headers.cookie ?? '', name)) {
    const id = verifiedId(value, secrets)?.id;
    if (id) return { id, isFromParser: false };
  }
  const id = idFromParser(req, name, secrets);
  return { id, isFromParser: id !== undefined };
}

function idFromParser(req: SessionedRequest, name: string, secrets: readonly Secret[]): string | undefined {
  // cookie-parser turns j:{...} into an object, which is not a session cookie (W16).
  const unsigned = req.signedCookies?.[name];
  if (unsigned && typeof unsigned === 'string') return unsigned;
  const raw = req.cookies?.[name];
  return (typeof raw === 'string' && verifiedId(raw, secrets)?.id) || undefined;
}
