import { serialize } from 'cookie';
import type { SessionCookie } from '../core/session/session-cookie.js';

/**
 * The `Set-Cookie` value for a cookie. It has both `Expires` and `Max-Age`, so that a wrong clock of the
 * browser does not change the lifetime.
 *
 * @throws TypeError when an attribute of the cookie cannot be written.
 */
export function setCookie(name: string, value: string, cookie: SessionCookie): string {
  return setSentCookie(name, encodeURIComponent(value), cookie);
}

/** As {@link setCookie}, for a value that is already encoded. */
export function setSentCookie(name: string, encoded: string, cookie: SessionCookie): string {
  const { maxAge, expires } = cookie;
  const expiresSecond = expires === null ? null : wholeSeconds(expires.getTime());
  const lifeSeconds = expires === null ? null : Math.max(0, wholeSeconds(maxAge ?? 0));
  if (last === null || !isLast(last, name, cookie, expiresSecond, lifeSeconds))
    last = write(name, cookie, expiresSecond, lifeSeconds);
  return `${name}=${encoded}${last.text}`;
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

type CookieAttributes = Pick<
  SessionCookie,
  'path' | 'domain' | 'httpOnly' | 'secure' | 'sameSite' | 'priority' | 'partitioned'
>;

function attributes({ path, domain, httpOnly, secure, sameSite, priority, partitioned }: CookieAttributes) {
  return { path, domain, httpOnly, secure, sameSite, priority, partitioned };
}

/** Attributes of a cookie and their text. The unit of times in `Set-Cookie` is the second. */
interface Written extends ReturnType<typeof attributes> {
  readonly name: string;
  readonly expiresSecond: number | null;
  readonly lifeSeconds: number | null;
  readonly text: string;
}

/** A cache of the last text: cookies of the same second usually have the same attributes. */
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
