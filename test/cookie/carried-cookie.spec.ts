import { CarriedCookie } from '../../lib/cookie/carried-cookie.js';
import { resolveCookie, type CookieOptions } from '../../lib/cookie/cookie-options.js';
import { FakeClock } from 'nest-session/testing';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

function carried(options: CookieOptions = {}, touchedAt = NOW) {
  const clock = new FakeClock(NOW);
  const cookie = new CarriedCookie(resolveCookie(options, true, NOW), touchedAt, () => clock.now());
  return { clock, cookie };
}

describe('the cookie of a session', () => {
  it('shows the resolved options', () => {
    const { cookie } = carried({
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
    const { cookie } = carried();
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([null, null, null]);
  });

  it('counts its lifetime down from the last touch (R93)', () => {
    const { cookie, clock } = carried({ maxAge: HOUR }, NOW - 1000);
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([
      HOUR - 1000,
      new Date(NOW - 1000 + HOUR),
      HOUR,
    ]);
    clock.advance(500);
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([HOUR - 1500, HOUR]);
  });

  it('begins its lifetime again with restart', () => {
    const { cookie, clock } = carried({ maxAge: HOUR });
    clock.advance(1000);
    cookie.restart(clock.now());
    expect([cookie.maxAge, cookie.expires]).toEqual([HOUR, new Date(NOW + 1000 + HOUR)]);
  });

  it('that ends with the browser still does after restart', () => {
    const { cookie } = carried();
    cookie.restart(NOW);
    expect([cookie.maxAge, cookie.expires]).toEqual([null, null]);
  });

  it('takes another maxAge, which each restart begins again with (R92)', () => {
    const { cookie, clock } = carried({ maxAge: HOUR });
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
    ['a negative one', -5, -5],
  ])('takes %s for a cookie that is over (R92)', (_, ms, expected) => {
    const { cookie } = carried();
    cookie.maxAge = ms;
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([expected, expected]);
  });

  it.each([null, undefined])('ends with the browser once maxAge is %s', (nothing) => {
    const { cookie } = carried({ maxAge: HOUR });
    cookie.maxAge = nothing;
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([null, null, null]);
  });

  it('takes an instant, as long as it is away now', () => {
    const { cookie } = carried();
    cookie.expires = new Date(NOW + 5000);
    expect([cookie.maxAge, cookie.originalMaxAge, cookie.expires]).toEqual([
      5000,
      5000,
      new Date(NOW + 5000),
    ]);
  });

  it.each([null, false, undefined] as const)('ends with the browser once expires is %s (R93)', (nothing) => {
    const { cookie } = carried({ maxAge: HOUR });
    cookie.expires = nothing;
    expect([cookie.maxAge, cookie.expires, cookie.originalMaxAge]).toEqual([null, null, null]);
  });

  it.each<[string, unknown]>([
    ['text', '1000'],
    ['not a number', Number.NaN],
    ['infinity', Infinity],
    ['a Date', new Date(NOW)],
    ['a boolean', true],
    ['an object', {}],
  ])('refuses %s as maxAge and stays as it was', (_, value) => {
    const { cookie } = carried({ maxAge: HOUR });
    expect(() => {
      cookie.maxAge = value as number;
    }).toThrow(/session\.cookie\.maxAge must be a number of milliseconds or null/);
    expect(cookie.maxAge).toBe(HOUR);
  });

  it.each<[string, unknown]>([
    ['text', '2030-01-01'],
    ['a number', NOW],
    ['an invalid Date', new Date(Number.NaN)],
    ['true', true],
  ])('refuses %s as expires and stays as it was', (_, value) => {
    const { cookie } = carried({ maxAge: HOUR });
    expect(() => {
      cookie.expires = value as Date;
    }).toThrow(/session\.cookie\.expires must be a valid Date/);
    expect(cookie.maxAge).toBe(HOUR);
  });

  it('does not give away its own instant: changing the Date that it shows changes nothing', () => {
    const { cookie } = carried({ maxAge: HOUR });
    cookie.expires!.setTime(0);
    expect(cookie.maxAge).toBe(HOUR);
    const mine = new Date(NOW + 5000);
    cookie.expires = mine;
    mine.setTime(0);
    expect(cookie.maxAge).toBe(5000);
  });

  it('shows itself as JSON under the names of express-session', () => {
    const { cookie } = carried({ maxAge: HOUR, sameSite: 'strict' });
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

  it('may be changed in every attribute', () => {
    const { cookie } = carried();
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
