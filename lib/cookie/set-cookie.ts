import { serialize } from 'cookie';
import type { SessionCookie } from '../core/session/session-cookie.js';

/**
 * A `Set-Cookie` value that gives the browser the cookie. Tells its end both as an instant and as an age, so that a
 * browser whose clock is off keeps it as long as any other.
 *
 * @throws TypeError when the application gave the cookie an attribute that cannot be written.
 */
export function setCookie(name: string, value: string, cookie: SessionCookie): string {
  return setSentCookie(name, encodeURIComponent(value), cookie);
}

/** The same with a value as it is sent: its percent signs stand for something. */
export function setSentCookie(name: string, sent: string, cookie: SessionCookie): string {
  const { maxAge, expires } = cookie;
  const ends = expires !== null;
  const expiresSecond = ends ? wholeSeconds(expires.getTime()) : null;
  const lifeSeconds = ends ? Math.max(0, wholeSeconds(maxAge ?? 0)) : null;
  if (last === null || !isLast(last, name, cookie, expiresSecond, lifeSeconds))
    last = write(name, cookie, expiresSecond, lifeSeconds);
  return `${name}=${sent}${last.text}`;
}

/** A `Set-Cookie` value that makes the browser forget the cookie: the same name, path, domain and partition, long over. */
export function clearCookie(name: string, cookie: CookieAttributes): string {
  const over = { expires: new Date(0), maxAge: 0 };
  try {
    return serialize(name, '', { ...attributes(cookie), ...over });
  } catch {
    // Settings that could not be sent were never sent: what the browser holds has plain ones.
    return serialize(name, '', { path: '/', httpOnly: true, ...over });
  }
}

/**
 * `Set-Cookie` values that clear a cookie of the configured attributes, host-only and with the configured domain. The one
 * that `sent` replaces in the same response is left out.
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

type CookieAttributes = Pick<
  SessionCookie,
  'path' | 'domain' | 'httpOnly' | 'secure' | 'sameSite' | 'priority' | 'partitioned'
>;

function attributes({ path, domain, httpOnly, secure, sameSite, priority, partitioned }: CookieAttributes) {
  return { path, domain, httpOnly, secure, sameSite, priority, partitioned };
}

/** The attributes of a cookie as they were written, and what they were. `Set-Cookie` knows nothing finer than a second. */
interface Written extends ReturnType<typeof attributes> {
  readonly name: string;
  readonly expiresSecond: number | null;
  readonly lifeSeconds: number | null;
  readonly text: string;
}

/** What was written last: the cookies of one second mostly have the same attributes. */
let last: Written | null = null;

function write(
  name: string,
  cookie: SessionCookie,
  expiresSecond: number | null,
  lifeSeconds: number | null,
): Written {
  const known = attributes(cookie);
  const expires = expiresSecond === null ? undefined : new Date(expiresSecond * 1000);
  const text = serialize(name, '', { ...known, expires, maxAge: lifeSeconds ?? undefined });
  return { ...known, name, expiresSecond, lifeSeconds, text: text.slice(`${name}=`.length) };
}

function isLast(
  written: Written,
  name: string,
  cookie: SessionCookie,
  expiresSecond: number | null,
  lifeSeconds: number | null,
): boolean {
  return (
    written.expiresSecond === expiresSecond &&
    written.lifeSeconds === lifeSeconds &&
    written.name === name &&
    written.path === cookie.path &&
    written.domain === cookie.domain &&
    written.httpOnly === cookie.httpOnly &&
    written.secure === cookie.secure &&
    written.sameSite === cookie.sameSite &&
    written.priority === cookie.priority &&
    written.partitioned === cookie.partitioned
  );
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000);
