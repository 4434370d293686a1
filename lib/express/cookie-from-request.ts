import deprecation from 'depd';
import { cookieValues } from '../cookie/cookie-header.js';
import { verifiedId, type Secret } from '../cookie/cookie-signature.js';
import type { SessionedRequest } from './session.js';

const deprecate = deprecation('express-session');

/**
 * The id in the cookie of a request: from the header; where that has no cookie of the name, from what cookie-parser
 * made of it.
 *
 * @see parity rules R31 to R36
 */
export function idFromRequest(
  req: SessionedRequest,
  name: string,
  secrets: readonly Secret[],
): string | undefined {
  const values = cookieValues(req.headers.cookie ?? '', name);
  for (const value of values) {
    const verified = verifiedId(value, secrets);
    if (verified !== null) return verified.id || undefined;
  }
  return values.some((value) => value.startsWith('s:')) ? undefined : idFromParser(req, name, secrets);
}

function idFromParser(req: SessionedRequest, name: string, secrets: readonly Secret[]): string | undefined {
  const unsigned = req.signedCookies?.[name];
  if (unsigned) return told(unsigned);
  const raw = req.cookies?.[name];
  // cookie-parser turns j:{...} into an object: no cookie of ours (W16).
  const verified = typeof raw === 'string' ? verifiedId(raw, secrets) : null;
  return verified === null ? undefined : told(verified.id);
}

function told(id: unknown): string | undefined {
  deprecate('cookie should be available in req.headers.cookie');
  return typeof id === 'string' ? id : undefined;
}
