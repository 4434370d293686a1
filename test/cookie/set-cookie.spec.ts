import { parse } from 'cookie';
import { LiveSessionCookie } from '../../lib/cookie/live-session-cookie.js';
import { checkCookieOptions } from '../../lib/cookie/check-cookie-options.js';
import { resolveCookie, type CookieOptions } from '../../lib/cookie/cookie-options.js';
import { clearCookie, clearDuplicates, setCookie } from '../../lib/cookie/set-cookie.js';
import type { SessionCookie } from '../../lib/core/session/session-cookie.js';

const NOW = Date.UTC(2030, 0, 1);
const EVERYTHING: CookieOptions = {
  domain: 'example.com',
  path: '/shop',
  secure: true,
  sameSite: 'none',
  priority: 'high',
  partitioned: true,
  maxAge: 60_000,
};

const cookieOf = (options: CookieOptions, secure = true, now = NOW): SessionCookie =>
  new LiveSessionCookie(resolveCookie(options, secure, NOW), NOW, () => now);

describe('setCookie', () => {
  it.each<[string, CookieOptions, string]>([
    [
      'the defaults over a secure connection (S-22, S-23)',
      {},
      'sid=x; Path=/; HttpOnly; Secure; SameSite=Lax',
    ],
    ['sameSite strict', { sameSite: true }, 'sid=x; Path=/; HttpOnly; Secure; SameSite=Strict'],
    ['sameSite false', { sameSite: false }, 'sid=x; Path=/; HttpOnly; Secure'],
    ['without httpOnly', { httpOnly: false }, 'sid=x; Path=/; Secure; SameSite=Lax'],
    [
      'a domain with a dot before it (R96)',
      { domain: '.example.com' },
      'sid=x; Domain=.example.com; Path=/; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      'everything in the order of express-session (R45), with equal Max-Age and Expires (S-26)',
      EVERYTHING,
      'sid=x; Max-Age=60; Domain=example.com; Path=/shop; Expires=Tue, 01 Jan 2030 00:01:00 GMT; HttpOnly; Secure; Partitioned; Priority=High; SameSite=None',
    ],
    [
      'less than a second',
      { maxAge: 999 },
      'sid=x; Max-Age=0; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ],
  ])('writes %s', (_, options, expected) => {
    expect(setCookie('sid', 'x', cookieOf(options))).toBe(expected);
  });

  it('writes no Secure over an insecure connection by default', () => {
    expect(setCookie('sid', 'x', cookieOf({}, false))).toBe('sid=x; Path=/; HttpOnly; SameSite=Lax');
  });

  it('has no lifetime by default (S-31)', () => {
    expect(setCookie('sid', 'x', cookieOf({}))).not.toMatch(/Max-Age|Expires/);
  });

  it('writes the remaining Max-Age', () => {
    expect(setCookie('sid', 'x', cookieOf({ maxAge: 60_000 }, true, NOW + 20_500))).toContain('Max-Age=39;');
  });

  it('writes no negative Max-Age of an expired cookie', () => {
    expect(setCookie('sid', 'x', cookieOf({ maxAge: 60_000 }, true, NOW + 90_000))).toContain('Max-Age=0;');
  });

  it('encodes the value so that it can be decoded (R45)', () => {
    const value = 's:apple.D8Y+pkTAmeR0PobOhY4G97PRW+j7bUnP/5m6/On1MCU';
    const line = setCookie('connect.sid', value, cookieOf({}));
    expect(line).toContain('connect.sid=s%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU;');
    expect(parse(line)['connect.sid']).toBe(value);
  });

  it.each<[string, Partial<Record<keyof SessionCookie, unknown>>]>([
    ['a path with a semicolon', { path: '/;x' }],
    ['a domain with a line break', { domain: 'a\r\nb' }],
    ['an unknown priority', { priority: 'urgent' }],
    ['an unknown sameSite', { sameSite: 'sometimes' }],
  ])('rejects what no header can hold: %s (R47)', (_, change) => {
    const cookie = { path: '/', httpOnly: true, maxAge: null, expires: null, ...change } as SessionCookie;
    expect(() => setCookie('sid', 'x', cookie)).toThrow(TypeError);
  });

  it.each<[string, CookieOptions]>([
    [
      'every visible character in the path',
      {
        path: `/${Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n))
          .join('')
          .replace(';', '')}`,
      },
    ],
    ['a host name with a label of 63', { domain: `${'a'.repeat(63)}.example` }],
    ['a host name with a label of 64', { domain: `${'a'.repeat(64)}.example` }],
    ['a host name of one label', { domain: 'localhost' }],
    ['a space in the path', { path: '/a b' }],
    ['a < in the path', { path: '/a<b' }],
    ['the longest lifetime (S-26)', { maxAge: 34_560_000_000 }],
  ])('writes any option that is accepted at startup: %s', (_, options) => {
    let accepted = true;
    try {
      checkCookieOptions(options, 'sid');
    } catch {
      accepted = false;
    }
    if (accepted) expect(setCookie('sid', 'x', cookieOf(options))).toContain('sid=x');
  });
});

describe('clearCookie', () => {
  it('deletes the cookie: an empty value and a past expiry (S-42)', () => {
    expect(clearCookie('sid', cookieOf({ maxAge: 60_000 }))).toBe(
      'sid=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    );
  });

  it.each<[string, CookieOptions]>([
    ['the defaults', {}],
    ['everything', EVERYTHING],
    ['without secure', { secure: false, sameSite: false }],
  ])('has the path, domain and partition of the deleted cookie: %s (S-42)', (_, options) => {
    const attributes = (line: string): string[] =>
      line
        .split('; ')
        .slice(1)
        .filter((part) => !/^(Max-Age|Expires)=/.test(part));
    expect(attributes(clearCookie('sid', cookieOf(options)))).toEqual(
      attributes(setCookie('sid', 'x', cookieOf(options))),
    );
  });
});

describe('clearDuplicates', () => {
  const places = (lines: string[]): string[] =>
    lines.map((line) => {
      expect(line).toMatch(/^sid=; Max-Age=0; .*Expires=Thu, 01 Jan 1970 00:00:00 GMT/);
      return /Domain=([^;]+)/.exec(line)?.[1] ?? 'host-only';
    });
  const [hostOnly, shared] = [cookieOf({}), cookieOf({ domain: 'example.com' })];

  it.each<[string, SessionCookie, SessionCookie | null, string[]]>([
    // title, configured cookie, cookie of the same response, deleted cookies
    ['without a domain', hostOnly, null, ['host-only']],
    ['with a domain', shared, null, ['host-only', 'example.com']],
    ['that the response sets, without a domain', hostOnly, hostOnly, []],
    ['that the response sets, with a domain', shared, shared, ['host-only']],
    [
      'that the response sets for another path',
      shared,
      cookieOf({ domain: 'example.com', path: '/x' }),
      ['host-only', 'example.com'],
    ],
  ])('deletes a cookie %s', (_, configured, sent, cleared) => {
    expect(places(clearDuplicates('sid', configured, sent))).toEqual(cleared);
  });

  it('deletes it with the path, the flags and the partition of the options', () => {
    expect(clearDuplicates('sid', cookieOf(EVERYTHING), null)).toEqual([
      clearCookie('sid', cookieOf({ ...EVERYTHING, domain: undefined })),
      clearCookie('sid', cookieOf(EVERYTHING)),
    ]);
  });
});
