import { FakeClock } from 'nest-session/testing';
import { OptionsCookieFactory } from '../../lib/cookie/session-cookie-factory.js';
import { resolveCookie, type CookieOptions } from '../../lib/cookie/cookie-options.js';
import type { SessionCookie } from '../../lib/core/session/session-cookie.js';
import type { CookiePlan } from '../../lib/core/session/session-cookie.js';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

function keeperOf(options: CookieOptions = {}, { secure = true, clock = new FakeClock(NOW) } = {}) {
  return {
    clock,
    keeper: new OptionsCookieFactory(resolveCookie(options, secure, clock.now()), () => clock.now()),
  };
}

/** How long a plan lets a session stay unused after a use; `null` to follow the options. */
const idleAt = ({ lifetimeMs, endsAt }: CookiePlan, usedAt: number): number | null =>
  endsAt === null ? lifetimeMs : endsAt - usedAt;

describe('what is kept of a cookie', () => {
  it.each<[string, CookieOptions]>([
    ['the defaults', {}],
    ['a lifetime', { maxAge: HOUR }],
    ['a fixed instant', { expires: new Date(NOW + HOUR) }],
    [
      'everything',
      {
        path: '/x',
        domain: 'example.com',
        httpOnly: false,
        secure: true,
        sameSite: 'none',
        priority: 'low',
        partitioned: true,
        maxAge: HOUR,
      },
    ],
  ])('is nothing where it is as the options say: %s', (_, options) => {
    const { keeper } = keeperOf(options);
    expect(keeper.keep(keeper.make(null, NOW))).toBeNull();
  });

  it.each<[string, (cookie: SessionCookie) => void, object]>([
    [
      'maxAge',
      (c) => {
        c.maxAge = 5000;
      },
      { originalMaxAge: 5000 },
    ],
    [
      'maxAge null',
      (c) => {
        c.maxAge = null;
      },
      { originalMaxAge: null },
    ],
    [
      'expires',
      (c) => {
        c.expires = new Date(NOW + 7000);
      },
      { originalMaxAge: 7000 },
    ],
    [
      'path',
      (c) => {
        c.path = '/x';
      },
      { path: '/x' },
    ],
    [
      'domain',
      (c) => {
        c.domain = 'a.example';
      },
      { domain: 'a.example' },
    ],
    [
      'httpOnly',
      (c) => {
        c.httpOnly = false;
      },
      { httpOnly: false },
    ],
    [
      'secure',
      (c) => {
        c.secure = false;
      },
      { secure: false },
    ],
    [
      'sameSite',
      (c) => {
        c.sameSite = 'strict';
      },
      { sameSite: 'strict' },
    ],
    [
      'priority',
      (c) => {
        c.priority = 'high';
      },
      { priority: 'high' },
    ],
    [
      'partitioned',
      (c) => {
        c.partitioned = true;
      },
      { partitioned: true },
    ],
    [
      'several',
      (c) => {
        c.path = '/x';
        c.maxAge = 5000;
      },
      { originalMaxAge: 5000, path: '/x' },
    ],
  ])('is what the session set for itself, and comes back: %s', (_, change, expected) => {
    const { keeper } = keeperOf({ maxAge: HOUR });
    const cookie = keeper.make(null, NOW);
    change(cookie);
    const kept = keeper.keep(cookie);
    expect(JSON.parse(kept!)).toEqual(expected);
    const again = keeper.make(kept, NOW);
    expect(again.toJSON()).toEqual(cookie.toJSON());
    expect(keeper.keep(again)).toBe(kept);
  });

  it('is nothing again where the session went back to the options', () => {
    const { keeper } = keeperOf({ maxAge: HOUR });
    const cookie = keeper.make('{"originalMaxAge":5000}', NOW);
    cookie.maxAge = HOUR;
    expect(keeper.keep(cookie)).toBeNull();
  });

  it('does not change by the time that passes', () => {
    const { keeper, clock } = keeperOf({ maxAge: HOUR });
    const cookie = keeper.make(null, NOW);
    clock.advance(1000);
    expect(keeper.keep(cookie)).toBeNull();
    keeper.touch(cookie, clock.now());
    expect(keeper.keep(cookie)).toBeNull();
    expect(cookie.maxAge).toBe(HOUR);
  });

  it('leaves everything else to the options, also where they are changed while the session lives', () => {
    const kept = keeperOf({ sameSite: 'lax' }).keeper;
    const cookie = kept.make(null, NOW);
    cookie.maxAge = 5000;
    const text = kept.keep(cookie);
    expect(keeperOf({ sameSite: 'strict', path: '/new' }).keeper.make(text, NOW)).toMatchObject({
      sameSite: 'strict',
      path: '/new',
      originalMaxAge: 5000,
    });
  });

  it('can unset what the options set', () => {
    const { keeper } = keeperOf({ domain: 'example.com', priority: 'low' });
    const cookie = keeper.make(null, NOW);
    cookie.domain = undefined;
    cookie.priority = undefined;
    const again = keeper.make(keeper.keep(cookie), NOW);
    expect([again.domain ?? null, again.priority ?? null]).toEqual([null, null]);
    expect(keeper.keep(again)).toBe(keeper.keep(cookie));
  });

  it('is read without names that are not settings (S-73)', () => {
    const { keeper } = keeperOf();
    const cookie = keeper.make('{"__proto__":{"evil":1},"toJSON":1,"restart":1,"maxAge":1,"path":"/x"}', NOW);
    expect(cookie.path).toBe('/x');
    expect([typeof cookie.toJSON, cookie.maxAge, (cookie as unknown as { evil?: unknown }).evil]).toEqual([
      'function',
      null,
      undefined,
    ]);
  });

  it.each<[string, object]>([
    ['a lifetime that no Date can hold', { originalMaxAge: Number.MAX_SAFE_INTEGER }],
    ['a lifetime beyond 400 days', { originalMaxAge: 401 * 24 * HOUR }],
    ['"auto", which was never decided', { sameSite: 'auto', secure: 'auto' }],
    ['attributes that no header can hold', { path: '/;x', domain: 'a b', priority: 'urgent' }],
  ])('is read without settings that cannot be sent: %s', (_, bad) => {
    const { keeper } = keeperOf({ maxAge: HOUR });
    const cookie = keeper.make(JSON.stringify({ ...bad, httpOnly: false }), NOW);
    expect(cookie.toJSON()).toEqual({ ...keeper.make(null, NOW).toJSON(), httpOnly: false });
    expect(keeper.keep(cookie)).toBe('{"httpOnly":false}');
    expect(cookie.serialize('sid', 'x')).toMatch('Max-Age=3600');
  });

  it.each(['{nonsense', 'null', '[]', '"x"', '7'])('that is broken is taken for nothing: %s', (kept) => {
    const { keeper } = keeperOf({ maxAge: HOUR });
    expect(keeper.make(kept, NOW).toJSON()).toEqual(keeper.make(null, NOW).toJSON());
  });

  it('is the same text, in whatever order the settings were stored', () => {
    const { keeper } = keeperOf();
    const merged = '{"path":"/x","originalMaxAge":5000}';
    expect(keeper.keep(keeper.make(merged, NOW))).toBe(
      keeper.keep(keeper.make('{"originalMaxAge":5000,"path":"/x"}', NOW)),
    );
  });
});

describe('the lifetime that a cookie asks for its session', () => {
  it.each<[string, CookieOptions, (cookie: SessionCookie) => void, number | null]>([
    ['is that of the options by default', {}, () => undefined, null],
    ['is that of the options where the cookie has theirs', { maxAge: HOUR }, () => undefined, null],
    [
      'is its own',
      { maxAge: HOUR },
      (c) => {
        c.maxAge = 5000;
      },
      5000,
    ],
    [
      'is its own where the options give none',
      {},
      (c) => {
        c.maxAge = 5000;
      },
      5000,
    ],
    [
      'is its own instant',
      {},
      (c) => {
        c.expires = new Date(NOW + 7000);
      },
      7000,
    ],
    [
      'is that of the options where it ends with the browser',
      { maxAge: HOUR },
      (c) => {
        c.maxAge = null;
      },
      null,
    ],
  ])('%s', (_, options, change, expected) => {
    const { keeper } = keeperOf(options);
    const cookie = keeper.make(null, NOW);
    change(cookie);
    expect(idleAt(keeper.planOf(cookie), NOW)).toBe(expected);
  });

  it.each([
    [true, HOUR - 1000],
    [false, null],
  ])('with a fixed instant lasts from a use until then, where the cookie leads: %s', (leads, expected) => {
    const resolved = resolveCookie({ expires: new Date(NOW + HOUR) }, true, NOW);
    const keeper = new OptionsCookieFactory(resolved, () => NOW, leads);
    expect(idleAt(keeper.planOf(keeper.make(null, NOW)), NOW + 1000)).toBe(expected);
    expect(keeper.plan.endsAt).toBe(leads ? NOW + HOUR : null);
  });
});
