import { serialize } from 'cookie';
import type { SessionCookie } from '../core/session-cookie.js';

/**
 * A `Set-Cookie` value that gives the browser the cookie. Tells its end both as an instant and as an age, so that a
 * browser whose clock is off keeps it as long as any other.
 *
 * @throws TypeError when the application gave the cookie an attribute that cannot be written.
 */
export function setCookie(name: string, value: string, cookie: SessionCookie): string {
  const { maxAge, expires } = cookie;
  const lifetime = expires === null ? {} : { expires, maxAge: Math.max(0, Math.floor((maxAge ?? 0) / 1000)) };
  return serialize(name, value, { ...attributes(cookie), ...lifetime });
}

/** A `Set-Cookie` value that makes the browser forget the cookie: the same name, path, domain and partition, long over. */
export function clearCookie(name: string, cookie: SessionCookie): string {
  const over = { expires: new Date(0), maxAge: 0 };
  try {
    return serialize(name, '', { ...attributes(cookie), ...over });
  } catch {
    // Settings that could not be sent were never sent: what the browser holds has plain ones.
    return serialize(name, '', { path: '/', httpOnly: true, ...over });
  }
}

function attributes({ path, domain, httpOnly, secure, sameSite, priority, partitioned }: SessionCookie) {
  return { path, domain, httpOnly, secure, sameSite, priority, partitioned };
}
