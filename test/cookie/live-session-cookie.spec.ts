import { inspect } from 'node:util';
import { LiveSessionCookie } from '../../lib/cookie/live-session-cookie.js';
import { resolveCookie, type CookieOptions } from '../../lib/cookie/cookie-options.js';
import { FakeClock } from 'nest-session/testing';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

function cookieOf(options: CookieOptions = {}, touchedAt = NOW) {
  const clock = new FakeClock(NOW);
  const cookie = new LiveSessionCookie(resolveCookie(options, true, NOW), touchedAt, () => clock.now());
  return { clock, cookie };
}

describe('the cookie of a session', () => {
  it('shows the resolved options', () => {
    const { cookie } = cookieOf({
      path: '/shop',
      domain: 'example.com',
      httpOnly: false,
      secure: true,
      sameSite: 'none',
      priority: 'low',
      partitioned: true,
    });
    const { path, domain, httpOnly, secure, sameSite, priority, partitioned } = cookie;
    expect({ path, domain, httpOnly, secure, sameSite, priority, partitioned }).toEqual({
      path: '/shop',
      domain: 'example.com',
      httpOnly: false,
      secure: true,
      sameSite: 'none',
      priority: 'low',
      partitioned: true,
    });
  });

  it('ends with the browser by default (S-31)', () => {
    const { cookie } = cookieOf();
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([null, null, null]);
  });

  it('counts its lifetime down from the last touch (R93)', () => {
    const { cookie, clock } = cookieOf({ maxAge: HOUR }, NOW - 1000);
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([
      HOUR - 1000,
      new Date(NOW - 1000 + HOUR),
      HOUR,
    ]);
    clock.advance(500);
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([HOUR - 1500, HOUR]);
  });

  it('restarts its lifetime with restart()', () => {
    const { cookie, clock } = cookieOf({ maxAge: HOUR });
    clock.advance(1000);
    cookie.restart(clock.now());
    expect([cookie.maxAge, cookie.expires]).toEqual([HOUR, new Date(NOW + 1000 + HOUR)]);
  });

  it('still ends with the browser after restart()', () => {
    const { cookie } = cookieOf();
    cookie.restart(NOW);
    expect([cookie.maxAge, cookie.expires]).toEqual([null, null]);
  });

  it('accepts another maxAge, which restart() uses from then on (R92)', () => {
    const { cookie, clock } = cookieOf({ maxAge: HOUR });
    clock.advance(1000);
    cookie.maxAge = 5000;
    expect([cookie.maxAge, cookie.originalMaxAge, cookie.expires]).toEqual([
      5000,
      5000,
      new Date(NOW + 6000),
    ]);
    clock.advance(1000);
    cookie.restart(clock.now());
    expect(cookie.maxAge).toBe(5000);
  });

  it.each<[string, number, number]>([
    ['zero', 0, 0],
    ['a negative maxAge', -5, -5],
  ])('accepts %s, for an expired cookie (R92)', (_, ms, expected) => {
    const { cookie } = cookieOf();
    cookie.maxAge = ms;
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([expected, expected]);
  });

  it.each([null, undefined])('ends with the browser after maxAge was set to %s', (nothing) => {
    const { cookie } = cookieOf({ maxAge: HOUR });
    cookie.maxAge = nothing;
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([null, null, null]);
  });

  it('accepts an instant as expires, and computes maxAge from it', () => {
    const { cookie } = cookieOf();
    cookie.expires = new Date(NOW + 5000);
    expect([cookie.maxAge, cookie.originalMaxAge, cookie.expires]).toEqual([
      5000,
      5000,
      new Date(NOW + 5000),
    ]);
  });

  it.each([null, false, undefined] as const)(
    'ends with the browser after expires was set to %s (R93)',
    (nothing) => {
      const { cookie } = cookieOf({ maxAge: HOUR });
      cookie.expires = nothing;
      expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([null, null, null]);
    },
  );

  it.each<[string, unknown]>([
    ['text', '1000'],
    ['not a number', Number.NaN],
    ['infinity', Infinity],
    ['a Date', new Date(NOW)],
    ['a boolean', true],
    ['an object', {}],
    ['more than 400 days', 400 * 24 * HOUR + 1],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER],
  ])('rejects %s as maxAge and is unchanged', (_, value) => {
    const { cookie } = cookieOf({ maxAge: HOUR });
    expect(() => {
      cookie.maxAge = value as number;
    }).toThrow(/session\.cookie\.maxAge must be null or a number of milliseconds up to 400 days/);
    expect(cookie.maxAge).toBe(HOUR);
  });

  it.each<[string, unknown]>([
    ['text', '2030-01-01'],
    ['a number', NOW],
    ['an invalid Date', new Date(Number.NaN)],
    ['true', true],
    ['an instant in more than 400 days', new Date(NOW + 400 * 24 * HOUR + 1)],
    ['the last instant that a Date can hold', new Date(8_640_000_000_000_000)],
  ])('rejects %s as expires and is unchanged', (_, value) => {
    const { cookie } = cookieOf({ maxAge: HOUR });
    expect(() => {
      cookie.expires = value as Date;
    }).toThrow(/session\.cookie\.expires must be a valid Date within the next 400 days, null or false/);
    expect(cookie.maxAge).toBe(HOUR);
  });

  it.each<[string, keyof LiveSessionCookie, unknown, string]>([
    [
      'a lifetime beyond 400 days',
      'maxAge',
      Number.MAX_SAFE_INTEGER,
      'null or a number of milliseconds up to 400 days',
    ],
    ['an instant beyond 400 days', 'expires', new Date(NOW * 2), 'a valid Date within the next 400 days'],
    ['"auto" as sameSite', 'sameSite', 'auto', '"lax", "strict", "none", true (strict) or false'],
    ['an unknown sameSite', 'sameSite', 'loose', '"lax", "strict", "none", true (strict) or false'],
    ['"auto" as secure', 'secure', 'auto', 'true or false'],
    ['a number as httpOnly', 'httpOnly', 1, 'true or false'],
    ['text as partitioned', 'partitioned', 'yes', 'true or false'],
    ['a domain with a port', 'domain', 'example.com:8080', 'undefined or a host name'],
    ['a domain that would add an attribute', 'domain', 'a;b', 'undefined or a host name'],
    ['a path that would add an attribute', 'path', '/;Secure', 'a path that begins with "/"'],
    ['a path without a slash', 'path', 'shop', 'a path that begins with "/"'],
    ['an unknown priority', 'priority', 'urgent', 'undefined, "low", "medium" or "high"'],
    ['text as originalMaxAge', 'originalMaxAge', '1000', 'null or a number of milliseconds up to 400 days'],
  ])(
    'rejects %s at the assignment, names the setting and the allowed values, and is unchanged',
    (_, name, value, allowed) => {
      const { cookie } = cookieOf({ maxAge: HOUR });
      const before = JSON.stringify(cookie);
      const shown = name === 'originalMaxAge' ? 'maxAge' : name;
      let refused: unknown;
      try {
        (cookie as unknown as Record<string, unknown>)[name] = value;
      } catch (error) {
        refused = error;
      }
      expect(refused).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_VALUE' });
      expect((refused as Error).message).toMatch(`session.cookie.${shown} must be ${allowed}`);
      expect(JSON.stringify(cookie)).toBe(before);
    },
  );

  it.each<[string, object]>([
    ['the longest lifetime', { maxAge: 400 * 24 * HOUR }],
    ['the latest instant', { expires: new Date(NOW + 400 * 24 * HOUR) }],
    ['an instant in the past', { expires: new Date(0) }],
    ['the earliest instant', { expires: new Date(-8_640_000_000_000_000) }],
    ['no domain and no priority', { domain: undefined, priority: undefined }],
    ['sameSite none', { sameSite: 'none' }],
    ['sameSite false', { sameSite: false }],
  ])('accepts %s, and can be sent', (_, settings) => {
    const { cookie } = cookieOf();
    Object.assign(cookie, settings);
    expect(cookie).toMatchObject(settings);
    cookie.restart(NOW + HOUR);
    expect(cookie.serialize('sid', 'x')).toMatch(/^sid=x/);
  });

  it('prints its settings', () => {
    const { cookie } = cookieOf({ path: '/shop' });
    expect(inspect(cookie)).toMatch("path: '/shop'");
  });

  it('does not change with the Date objects that it returns and accepts', () => {
    const { cookie } = cookieOf({ maxAge: HOUR });
    cookie.expires!.setTime(0);
    expect(cookie.maxAge).toBe(HOUR);
    const mine = new Date(NOW + 5000);
    cookie.expires = mine;
    mine.setTime(0);
    expect(cookie.maxAge).toBe(5000);
  });

  it('ends with its session at the latest, also with a longer lifetime', () => {
    const clock = new FakeClock(NOW);
    const cookie = new LiveSessionCookie(resolveCookie({}, true, NOW), NOW, () => clock.now(), NOW + HOUR);
    cookie.maxAge = 5 * HOUR;
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([
      HOUR,
      new Date(NOW + HOUR),
      5 * HOUR,
    ]);
    cookie.expires = new Date(NOW + 2 * HOUR);
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([HOUR, 2 * HOUR]);
    cookie.maxAge = HOUR / 2;
    expect(cookie.maxAge).toBe(HOUR / 2);
    cookie.maxAge = null;
    expect([cookie.maxAge, cookie.expires]).toEqual([null, null]);
  });

  describe('with a fixed instant in the options', () => {
    it('expires at that instant, independent of touches and restarts', () => {
      const { cookie, clock } = cookieOf({ expires: new Date(NOW + HOUR) }, NOW - 10 * HOUR);
      expect([cookie.expires, cookie.maxAge]).toEqual([new Date(NOW + HOUR), HOUR]);
      clock.advance(1000);
      cookie.restart(clock.now());
      expect([cookie.expires, cookie.maxAge]).toEqual([new Date(NOW + HOUR), HOUR - 1000]);
    });

    it.each<[string, (cookie: LiveSessionCookie) => void]>([
      ['maxAge', (cookie) => (cookie.maxAge = 5000)],
      ['expires', (cookie) => (cookie.expires = new Date(NOW + 5000))],
    ])('has its own lifetime after %s was set', (_, set) => {
      const { cookie, clock } = cookieOf({ expires: new Date(NOW + HOUR) });
      set(cookie);
      clock.advance(1000);
      cookie.restart(clock.now());
      expect([cookie.maxAge, cookie.fixedAt]).toEqual([5000, null]);
    });
  });

  it('has the property names of express-session as JSON', () => {
    const { cookie } = cookieOf({ maxAge: HOUR, sameSite: 'strict' });
    expect(JSON.parse(JSON.stringify(cookie))).toEqual({
      originalMaxAge: HOUR,
      partitioned: false,
      expires: new Date(NOW + HOUR).toISOString(),
      secure: true,
      httpOnly: true,
      path: '/',
      sameSite: 'strict',
    });
  });

  it('accepts a change of every attribute', () => {
    const { cookie } = cookieOf();
    Object.assign(cookie, {
      path: '/x',
      domain: 'a.example',
      secure: false,
      httpOnly: false,
      sameSite: 'strict',
      priority: 'high',
      partitioned: true,
    });
    expect(cookie).toMatchObject({
      path: '/x',
      domain: 'a.example',
      secure: false,
      httpOnly: false,
      sameSite: 'strict',
      priority: 'high',
      partitioned: true,
    });
  });
});
