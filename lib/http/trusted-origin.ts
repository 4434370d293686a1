import type { IncomingMessage } from 'node:http';
import type { Check } from '../cookie/option-checks.js';
import { describeValue } from '../core/util/describe-value.js';

/** The check of `trustedOrigins`. */
export const TRUSTED_ORIGINS: Check = [
  (value) => Array.isArray(value) && value.every(isOrigin),
  "an array of origins such as ['https://app.example.com'], each without a path",
  (value) =>
    Array.isArray(value)
      ? `an array with ${describeValue(value.find((one) => !isOrigin(one)))}`
      : describeValue(value),
];

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    const { origin, protocol } = new URL(value);
    return origin === value && (protocol === 'https:' || protocol === 'http:');
  } catch {
    return false;
  }
}

/**
 * Whether the page of an `Origin` header comes from the host that the request names. The scheme is not
 * compared: behind a proxy that ends TLS, this process sees another one than the browser.
 *
 * @see RFC 6454, section 7; requirement S-63
 */
export function isOwnOrigin(req: IncomingMessage, origin: string): boolean {
  const { host } = req.headers;
  // HTTP/2 has a pseudo-header in its place.
  const own = host ?? (req.headers[':authority'] as string | undefined);
  if (own === undefined) return false;
  try {
    const { protocol, host: theirs } = new URL(origin);
    return new URL(`${protocol}//${own}`).host === theirs;
  } catch {
    return false;
  }
}
