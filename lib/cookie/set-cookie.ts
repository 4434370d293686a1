import { serialize } from 'cookie';
import type { CookieAttributes, SessionCookie } from '../core/session/session-cookie.js';
import { attributeText } from './attribute-text.js';

/**
 * The `Set-Cookie` value for a cookie: its name, its encoded value and its attributes.
 *
 * @throws TypeError when an attribute of the cookie cannot be written.
 */
export function setCookie(name: string, value: string, cookie: SessionCookie): string {
  const { maxAge, expires } = cookie;
  const expiresAt = expires === null ? null : expires.getTime();
  const sent = { attributes: attributes(cookie), expiresAt, lifeMs: maxAge ?? 0 };
  return `${name}=${encodeURIComponent(value)}${attributeText(name, sent)}`;
}

/**
 * The `Set-Cookie` value that deletes a cookie: the same name, path, domain and partition, and a past expiry.
 */
export function clearCookie(name: string, cookie: CookieAttributes): string {
  const expired = { expires: new Date(0), maxAge: 0 };
  try {
    return serialize(name, '', { ...attributes(cookie), ...expired });
  } catch {
    // A cookie with these settings was never sent: the browser has one with the default settings.
    return serialize(name, '', { path: '/', httpOnly: true, ...expired });
  }
}

/**
 * `Set-Cookie` values that delete a cookie with the configured attributes, both host-only and with the
 * configured domain. Omits the one that `sent` replaces in the same response.
 */
export function clearDuplicates(
  name: string,
  configured: CookieAttributes,
  sent: CookieAttributes | null,
): string[] {
  const known = attributes(configured);
  return [...new Set([undefined, known.domain])]
    .filter((domain) => sent === null || sent.domain !== domain || sent.path !== known.path)
    .map((domain) => clearCookie(name, { ...known, domain }));
}

function attributes({ path, domain, httpOnly, secure, sameSite, priority, partitioned }: CookieAttributes) {
  return { path, domain, httpOnly, secure, sameSite, priority, partitioned };
}
