import { cookieValues } from '../cookie/cookie-header.js';
import { verifiedId, type Secret } from '../cookie/cookie-signature.js';
import type { SessionedRequest } from '../stores/express-session/session.js';

/** The id that a request carries, and whether only cookie-parser's findings had it. */
export interface CarriedId {
  readonly id: string | undefined;
  readonly byParser: boolean;
}

/**
 * The id in the cookie of a request: from the header; where that gives none, from what cookie-parser made of it.
 *
 * @see parity rules R31 to R36
 */
export function idFromRequest(req: SessionedRequest, name: string, secrets: readonly Secret[]): CarriedId {
  for (const value of cookieValues(req.headers.cookie ?? '', name)) {
    const id = verifiedId(value, secrets)?.id;
    if (id) return { id, byParser: false };
  }
  const id = idFromParser(req, name, secrets);
  return { id, byParser: id !== undefined };
}

function idFromParser(req: SessionedRequest, name: string, secrets: readonly Secret[]): string | undefined {
  // cookie-parser turns j:{...} into an object: no cookie of ours (W16).
  const unsigned = req.signedCookies?.[name];
  if (unsigned && typeof unsigned === 'string') return unsigned;
  const raw = req.cookies?.[name];
  return (typeof raw === 'string' && verifiedId(raw, secrets)?.id) || undefined;
}
