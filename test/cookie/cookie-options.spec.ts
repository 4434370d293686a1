import { days, hours } from '../../lib/core/util/clock.js';
import {
  leftOutAttributes,
  resolveCookie,
  type CookieOptions,
  type ResolvedCookie,
} from '../../lib/cookie/cookie-options.js';

const NOW = 1_700_000_000_000;

describe('resolveCookie', () => {
  it.each([true, false])('has defaults for all options, secure connection: %s (S-22, S-23)', (secure) => {
    expect(resolveCookie({}, secure, NOW)).toEqual({
      path: '/',
      domain: undefined,
      httpOnly: true,
      secure,
      sameSite: 'lax',
      priority: undefined,
      partitioned: false,
      maxAgeMs: null,
      expiresAt: null,
    });
  });

  it('keeps the given options', () => {
    const options = {
      path: '/shop',
      domain: 'example.com',
      httpOnly: false,
      secure: true,
      sameSite: 'strict',
      priority: 'high',
      partitioned: true,
      maxAge: hours(1),
    } as const;
    const { maxAge, ...others } = options;
    expect(resolveCookie(options, false, NOW)).toEqual({ ...others, maxAgeMs: maxAge, expiresAt: null });
  });

  it.each<[string, CookieOptions, boolean, Partial<ResolvedCookie>]>([
    // title, options, secure connection, resolved
    ["secure 'auto' over TLS (R38)", { secure: 'auto' }, true, { secure: true }],
    ["secure 'auto' without TLS (R38)", { secure: 'auto' }, false, { secure: false }],
    ['no secure over TLS', { secure: undefined }, true, { secure: true }],
    ['secure true without TLS', { secure: true }, false, { secure: true }],
    ['secure false over TLS', { secure: false }, true, { secure: false }],
    ["sameSite 'auto' over TLS (R39)", { sameSite: 'auto' }, true, { sameSite: 'none', secure: true }],
    ["sameSite 'auto' without TLS (R39)", { sameSite: 'auto' }, false, { sameSite: 'lax', secure: false }],
    ["sameSite 'none' over TLS", { sameSite: 'none' }, true, { sameSite: 'none', secure: true }],
    [
      "sameSite 'none' without TLS is 'lax', because browsers reject it",
      { sameSite: 'none' },
      false,
      { sameSite: 'lax', secure: false },
    ],
    [
      "sameSite 'none' and secure true without TLS",
      { sameSite: 'none', secure: true },
      false,
      { sameSite: 'none', secure: true },
    ],
    [
      "sameSite 'auto' is independent of secure (R39)",
      { sameSite: 'auto', secure: false },
      true,
      { sameSite: 'none', secure: false },
    ],
    [
      "sameSite 'auto' and secure true without TLS",
      { sameSite: 'auto', secure: true },
      false,
      { secure: true },
    ],
    ['sameSite true', { sameSite: true }, true, { sameSite: true }],
    ['sameSite false', { sameSite: false }, true, { sameSite: false }],
    ['no sameSite (S-22)', { sameSite: undefined }, true, { sameSite: 'lax' }],
    ['partitioned over TLS', { partitioned: true }, true, { partitioned: true }],
    [
      'partitioned without TLS is false, because browsers reject it',
      { partitioned: true },
      false,
      { partitioned: false },
    ],
    [
      'partitioned and secure true without TLS',
      { partitioned: true, secure: true },
      false,
      { partitioned: true },
    ],
    ['maxAge', { maxAge: days(1) }, true, { maxAgeMs: days(1) }],
    ['maxAge null', { maxAge: null }, true, { maxAgeMs: null }],
    ['expires', { expires: new Date(NOW + 5000) }, true, { maxAgeMs: 5000, expiresAt: NOW + 5000 }],
    ['expires in the past', { expires: new Date(NOW - 5000) }, true, { maxAgeMs: -5000 }],
    ['expires null', { expires: null }, true, { maxAgeMs: null }],
    ['expires null beside maxAge', { expires: null, maxAge: 7 }, true, { maxAgeMs: 7 }],
  ])('%s', (_, options, secure, expected) => {
    expect(resolveCookie(options, secure, NOW)).toMatchObject(expected);
  });

  it("returns no insecure cookie that browsers reject, except for sameSite 'auto' with secure false (R39)", () => {
    for (const secure of [true, false, 'auto', undefined] as const) {
      for (const sameSite of [true, false, 'lax', 'strict', 'none', 'auto', undefined] as const) {
        for (const partitioned of [true, false, undefined]) {
          for (const connection of [true, false]) {
            if (sameSite === 'auto' && secure === false) continue;
            const resolved = resolveCookie({ secure, sameSite, partitioned }, connection, NOW);
            const refused = !resolved.secure && (resolved.sameSite === 'none' || resolved.partitioned);
            expect([{ secure, sameSite, partitioned, connection }, refused]).toEqual([
              { secure, sameSite, partitioned, connection },
              false,
            ]);
          }
        }
      }
    }
  });

  it('does not change the given options', () => {
    const options = Object.freeze({ expires: new Date(NOW + 1), secure: 'auto' } as const);
    resolveCookie(options, true, NOW);
    expect(options).toEqual({ expires: new Date(NOW + 1), secure: 'auto' });
  });
});

describe('leftOutAttributes', () => {
  it.each<[string, CookieOptions, boolean, string[]]>([
    // title, options, secure connection, names
    ["sameSite 'none' without TLS", { sameSite: 'none' }, false, ['sameSite "none"']],
    ['partitioned without TLS', { partitioned: true, secure: 'auto' }, false, ['partitioned']],
    [
      'both without TLS',
      { sameSite: 'none', partitioned: true, secure: 'auto' },
      false,
      ['sameSite "none"', 'partitioned'],
    ],
    ['both over TLS', { sameSite: 'none', partitioned: true, secure: 'auto' }, true, []],
    ['both and secure true without TLS', { sameSite: 'none', partitioned: true, secure: true }, false, []],
    ["sameSite 'auto', which is lax without TLS", { sameSite: 'auto' }, false, []],
    ['no options', {}, false, []],
    ['partitioned false', { partitioned: false }, false, []],
  ])('returns the omitted attributes of %s', (_, options, secure, names) => {
    expect(leftOutAttributes(options, resolveCookie(options, secure, NOW))).toEqual(names);
  });
});
