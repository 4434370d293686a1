import { FakeClock } from 'nest-session/testing';
import { OptionsCookieFactory } from '../../lib/cookie/session-cookie-factory.js';
import { resolveCookie, type CookieOptions } from '../../lib/cookie/cookie-options.js';
import type { SessionCookie } from '../../lib/core/session/session-cookie.js';
import type { CookiePlan } from '../../lib/core/session/session-cookie.js';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

function factoryOf(options: CookieOptions = {}, { secure = true, clock = new FakeClock(NOW) } = {}) {
  return {
    clock,
    factory: new OptionsCookieFactory(resolveCookie(options, secure, clock.now()), () => clock.now()),
  };
}

/** How long a plan lets a session stay unused after a use; `null` to follow the options. */
const idleAt = ({ lifetimeMs, endsAt }: CookiePlan, usedAt: number): number | null =>
  endsAt === null ? lifetimeMs : endsAt - usedAt;

describe('the stored settings of a cookie', () => {
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
  ])('are null where the cookie has the options: %s', (_, options) => {
    const { factory } = factoryOf(options);
    expect(factory.keep(factory.make(null, NOW))).toBeNull();
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
  ])(
    'are the settings that the session changed, and make the same cookie again: %s',
    (_, change, expected) => {
      const { factory } = factoryOf({ maxAge: HOUR });
      const cookie = factory.make(null, NOW);
      change(cookie);
      const stored = factory.keep(cookie);
      expect(JSON.parse(stored!)).toEqual(expected);
      const again = factory.make(stored, NOW);
      expect(again.toJSON()).toEqual(cookie.toJSON());
      expect(factory.keep(again)).toBe(stored);
    },
  );

  it('are null again after the session restored the options', () => {
    const { factory } = factoryOf({ maxAge: HOUR });
    const cookie = factory.make('{"originalMaxAge":5000}', NOW);
    cookie.maxAge = HOUR;
    expect(factory.keep(cookie)).toBeNull();
  });

  it('do not change with time', () => {
    const { factory, clock } = factoryOf({ maxAge: HOUR });
    const cookie = factory.make(null, NOW);
    clock.advance(1000);
    expect(factory.keep(cookie)).toBeNull();
    factory.touch(cookie, clock.now());
    expect(factory.keep(cookie)).toBeNull();
    expect(cookie.maxAge).toBe(HOUR);
  });

  it('leave other settings to the options, also to options changed during a session', () => {
    const { factory } = factoryOf({ sameSite: 'lax' });
    const cookie = factory.make(null, NOW);
    cookie.maxAge = 5000;
    const stored = factory.keep(cookie);
    const { factory: changed } = factoryOf({ sameSite: 'strict', path: '/new' });
    expect(changed.make(stored, NOW)).toMatchObject({
      sameSite: 'strict',
      path: '/new',
      originalMaxAge: 5000,
    });
  });

  it('can unset an option', () => {
    const { factory } = factoryOf({ domain: 'example.com', priority: 'low' });
    const cookie = factory.make(null, NOW);
    cookie.domain = undefined;
    cookie.priority = undefined;
    const again = factory.make(factory.keep(cookie), NOW);
    expect([again.domain ?? null, again.priority ?? null]).toEqual([null, null]);
    expect(factory.keep(again)).toBe(factory.keep(cookie));
  });

  it('are read without unknown names (S-73)', () => {
    const { factory } = factoryOf();
    const cookie = factory.make(
      '{"__proto__":{"evil":1},"toJSON":1,"restart":1,"maxAge":1,"path":"/x"}',
      NOW,
    );
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
    ['"auto", which only options can have', { sameSite: 'auto', secure: 'auto' }],
    ['attributes that no header can hold', { path: '/;x', domain: 'a b', priority: 'urgent' }],
  ])('are read without invalid settings: %s', (_, bad) => {
    const { factory } = factoryOf({ maxAge: HOUR });
    const cookie = factory.make(JSON.stringify({ ...bad, httpOnly: false }), NOW);
    expect(cookie.toJSON()).toEqual({ ...factory.make(null, NOW).toJSON(), httpOnly: false });
    expect(factory.keep(cookie)).toBe('{"httpOnly":false}');
    expect(cookie.serialize('sid', 'x')).toMatch('Max-Age=3600');
  });

  it.each(['{nonsense', 'null', '[]', '"x"', '7'])('are ignored when they cannot be parsed: %s', (stored) => {
    const { factory } = factoryOf({ maxAge: HOUR });
    expect(factory.make(stored, NOW).toJSON()).toEqual(factory.make(null, NOW).toJSON());
  });

  it('are the same text for any order of the settings', () => {
    const { factory } = factoryOf();
    const merged = '{"path":"/x","originalMaxAge":5000}';
    expect(factory.keep(factory.make(merged, NOW))).toBe(
      factory.keep(factory.make('{"originalMaxAge":5000,"path":"/x"}', NOW)),
    );
  });
});

describe('the lifetime of a session by its cookie', () => {
  it.each<[string, CookieOptions, (cookie: SessionCookie) => void, number | null]>([
    ['is that of the options by default', {}, () => undefined, null],
    ['is that of the options where the cookie has it too', { maxAge: HOUR }, () => undefined, null],
    [
      'is that of the cookie where it differs',
      { maxAge: HOUR },
      (c) => {
        c.maxAge = 5000;
      },
      5000,
    ],
    [
      'is that of the cookie where the options have none',
      {},
      (c) => {
        c.maxAge = 5000;
      },
      5000,
    ],
    [
      'ends at the expires of the cookie',
      {},
      (c) => {
        c.expires = new Date(NOW + 7000);
      },
      7000,
    ],
    [
      'is that of the options where the cookie ends with the browser',
      { maxAge: HOUR },
      (c) => {
        c.maxAge = null;
      },
      null,
    ],
  ])('%s', (_, options, change, expected) => {
    const { factory } = factoryOf(options);
    const cookie = factory.make(null, NOW);
    change(cookie);
    expect(idleAt(factory.planOf(cookie), NOW)).toBe(expected);
  });

  it.each([
    [true, HOUR - 1000],
    [false, null],
  ])(
    'ends at a fixed instant of the options, where the cookie sets the lifetime: %s',
    (setsLifetime, expected) => {
      const resolved = resolveCookie({ expires: new Date(NOW + HOUR) }, true, NOW);
      const factory = new OptionsCookieFactory(resolved, () => NOW, setsLifetime);
      expect(idleAt(factory.planOf(factory.make(null, NOW)), NOW + 1000)).toBe(expected);
      expect(factory.plan.endsAt).toBe(setsLifetime ? NOW + HOUR : null);
    },
  );
});
