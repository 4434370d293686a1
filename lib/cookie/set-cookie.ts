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
  const ends = expires !== null;
  return (
    serialize(name, value) +
    written({
      ...attributes(cookie),
      expires: ends ? wholeSeconds(expires.getTime()) : undefined,
      maxAge: ends ? Math.max(0, wholeSeconds(maxAge ?? 0)) : undefined,
    })
  );
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

/** Instants in epoch seconds, ages in seconds: `Set-Cookie` knows nothing finer. */
type Attributes = ReturnType<typeof attributes> & {
  readonly expires: number | undefined;
  readonly maxAge: number | undefined;
};

/** What was written last: the cookies of one second mostly have the same attributes. */
let last: { readonly attributes: Attributes; readonly text: string } | null = null;

function written(attributes: Attributes): string {
  if (last !== null && areSame(last.attributes, attributes)) return last.text;
  const expires = attributes.expires === undefined ? undefined : new Date(attributes.expires * 1000);
  const text = serialize('name', '', { ...attributes, expires }).slice('name='.length);
  last = { attributes, text };
  return text;
}

function areSame(one: Attributes, other: Attributes): boolean {
  return (
    one.expires === other.expires &&
    one.maxAge === other.maxAge &&
    one.path === other.path &&
    one.domain === other.domain &&
    one.httpOnly === other.httpOnly &&
    one.secure === other.secure &&
    one.sameSite === other.sameSite &&
    one.priority === other.priority &&
    one.partitioned === other.partitioned
  );
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000);
