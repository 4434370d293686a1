import { jest } from '@jest/globals';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { LIFETIME } from '../../../lib/core/session/own-attributes.js';
import { sessionKey, type SessionId } from '../../../lib/core/session-id.js';
import { NEVER } from '../../../lib/core/store/session-record.js';
import { days, hours, minutes, seconds } from '../../../lib/core/util/clock.js';
import { FakeClock } from '../../../lib/testing/fake-clock.js';
import type { UserSession } from '../../../lib/core/session/user-session.js';
import { Application } from './application.js';

const START = new FakeClock(1_700_000_000_000).now();

/** What the store holds of the times of a session, from the start of the clock on; `null` where it holds none. */
async function timesOf(app: Application, id: SessionId) {
  const record = await app.record(id);
  if (record === null) return null;
  const lifetime = record.attributes.get(LIFETIME);
  return {
    expires: record.expiresAt - START,
    lifetime: lifetime === undefined ? null : (JSON.parse(lifetime) as object),
  };
}

const isAlive = async (app: Application, id: SessionId): Promise<boolean> => {
  const { session } = await app.open(id);
  return !session.isNew;
};

/** Sets a lifetime in a request of its own. */
async function set(app: Application, id: SessionId, lifetime: object | null): Promise<OpenSession> {
  const request = await app.open(id);
  request.session.setLifetime(lifetime);
  await request.commit();
  return request;
}

describe('session.setLifetime()', () => {
  let app: Application;
  let id: SessionId;
  beforeEach(async () => {
    app = new Application();
    id = await app.stored({ n: 1 });
  });

  it('ends the session earlier or later than the options do, from the next commit on (S-34)', async () => {
    const request = await app.open(id);
    const { session } = request;
    expect(session.setLifetime({ idle: minutes(2) })).toBe(session);
    expect(session.expiresAt - START).toBe(minutes(2));
    expect((await timesOf(app, id))!.expires).toBe(minutes(10));
    expect(await request.commit()).toBe('none');
    expect(await timesOf(app, id)).toEqual({ expires: minutes(2), lifetime: { idle: minutes(2) } });
    app.clock.advance(minutes(2) - 1);
    expect(await isAlive(app, id)).toBe(true);
    app.clock.advance(1);
    expect(await isAlive(app, id)).toBe(false);
  });

  it('may keep an unused session longer than the idle timeout of the options does', async () => {
    await set(app, id, { idle: hours(3) });
    app.clock.advance(hours(3) - 1);
    expect(await isAlive(app, id)).toBe(true);
    app.clock.advance(1);
    expect(await isAlive(app, id)).toBe(false);
  });

  it('counts the idle timeout from the last use, and touches in a tenth of it', async () => {
    await set(app, id, { idle: seconds(50) });
    app.calls.length = 0;
    app.clock.advance(seconds(5) - 1);
    await (await app.open(id)).commit();
    expect(app.calls).toEqual(['load']);
    app.clock.advance(1);
    await (await app.open(id)).commit();
    expect(app.calls).toEqual(['load', 'load', 'patch']);
    expect((await timesOf(app, id))!.expires).toBe(seconds(55));
  });

  it.each<[string, (session: UserSession) => unknown]>([
    ['setLifetime()', (session) => session.setLifetime({ idle: seconds(50) })],
    ['its cookie', (session) => void (session.cookie.maxAge = seconds(50))],
  ])(
    'touches a session often enough whose idle timeout is shorter than touchEvery, by %s',
    async (_, step) => {
      const rare = app.restarted({ touchEveryMs: minutes(9) });
      const first = await rare.open(id);
      step(first.session);
      await first.commit();
      for (let use = 0; use < 10; use++) {
        rare.clock.advance(seconds(30));
        await (await rare.open(id)).commit();
      }
      expect(await isAlive(rare, id)).toBe(true);
    },
  );

  it.each<[string, object, number]>([
    ['its own', { absolute: hours(1) }, hours(1)],
    ['that of the options where its own is longer (S-35)', { absolute: days(90) }, hours(8)],
    [
      'that of the options where its own has no limit (S-35)',
      { absolute: Infinity, idle: Infinity },
      hours(8),
    ],
    ['that of the options where the idle timeout is longer (S-35)', { idle: days(300) }, hours(8)],
  ])('ends a session in use by an absolute timeout: %s', async (_, lifetime, expected) => {
    await set(app, id, lifetime);
    for (let spent = 0; spent < expected - 1; spent += minutes(5)) {
      app.clock.advance(Math.min(minutes(5), expected - 1 - spent));
      await (await app.open(id)).commit();
    }
    expect(await isAlive(app, id)).toBe(true);
    app.clock.advance(1);
    expect(await isAlive(app, id)).toBe(false);
  });

  it('has no end with Infinity where the options have none', async () => {
    const endless = app.restarted({ absoluteMs: Infinity });
    await set(endless, id, { idle: Infinity });
    expect((await endless.record(id))!.expiresAt).toBe(NEVER);
    endless.clock.advance(days(900));
    expect(await isAlive(endless, id)).toBe(true);
  });

  it('is limited by options that were shortened since (S-35)', async () => {
    await set(app, id, { idle: hours(4), absolute: hours(6) });
    app.clock.advance(hours(2));
    expect(await isAlive(app.restarted({ absoluteMs: hours(2) }), id)).toBe(false);
    expect(await isAlive(app.restarted({ mostIdleMs: hours(2) }), id)).toBe(false);
    expect(await isAlive(app.restarted({ idleMs: minutes(1) }), id)).toBe(true);
  });

  it('is limited by the idle timeout of a profile (S-37)', async () => {
    const limited = app.restarted({ mostIdleMs: minutes(15) });
    await set(limited, id, { idle: hours(4) });
    expect((await timesOf(limited, id))!.expires).toBe(minutes(15));
    const cookie = await limited.open(id);
    cookie.session.setLifetime(null);
    cookie.session.cookie.maxAge = days(3);
    await cookie.commit();
    expect((await timesOf(limited, id))!.expires).toBe(minutes(15));
  });

  it('replaces the lifetime of the call before, and null follows the options again', async () => {
    await set(app, id, { idle: minutes(2), absolute: hours(1) });
    await set(app, id, { absolute: hours(2) });
    expect(await timesOf(app, id)).toEqual({ expires: minutes(10), lifetime: { absolute: hours(2) } });
    await set(app, id, null);
    expect(await timesOf(app, id)).toEqual({ expires: minutes(10), lifetime: null });
    await set(app, id, { idle: minutes(1) });
    await set(app, id, { idle: undefined });
    expect((await timesOf(app, id))!.lifetime).toBeNull();
  });

  it('writes nothing where the session has that lifetime already', async () => {
    await set(app, id, { idle: minutes(2), absolute: hours(1) });
    app.calls.length = 0;
    await set(app, id, { absolute: hours(1), idle: minutes(2) });
    expect(app.calls).toEqual(['load']);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /takes an object such as \{ idle: days\(30\) \}, or null .* got undefined/],
    [minutes(1), /takes an object/],
    ['1h', /takes an object/],
    [[minutes(1)], /takes an object/],
    [
      { idle: 0 },
      /The idle of setLifetime\(\) must be a positive whole number .* got 0\. The lifetime is unchanged/,
    ],
    [{ idle: -1 }, /idle .* got -1/],
    [{ idle: 1.5 }, /idle .* got 1\.5/],
    [{ absolute: Number.NaN }, /absolute .* got NaN/],
    [{ absolute: -Infinity }, /absolute .* got -Infinity/],
    [{ absolute: '30d' }, /absolute .* got a string/],
    [{ idle: minutes(1), absolute: null }, /absolute .* got null/],
    [{ maxAge: minutes(1) }, /has no value "maxAge"\. Set idle, absolute or both/],
  ])('refuses %p, and changes nothing (S-73)', async (lifetime, message) => {
    const request = await app.open(id);
    request.session.setLifetime({ idle: minutes(2) });
    const error = ((): unknown => {
      try {
        return request.session.setLifetime(lifetime as never);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'ERR_SESSION_VALUE' });
    expect((error as Error).message).toMatch(message);
    expect(request.session.expiresAt - START).toBe(minutes(2));
  });

  it('ignores a stored lifetime that is no lifetime', async () => {
    await app.store.patch(sessionKey(id), {
      touchedAt: START,
      expiresAt: START + hours(1),
      principal: { from: null, to: null },
      changes: new Map([[LIFETIME, { from: null, to: '{"idle":-1,"absolute":"9"}' }]]),
    });
    const { session } = await app.open(id);
    session['n'] = 2;
    expect(session.isNew).toBe(false);
    await session.save();
    expect((await timesOf(app, id))!.expires).toBe(minutes(10));
  });

  describe('of a new session', () => {
    it('creates no record alone (S-4)', async () => {
      const request = await app.open();
      request.session.setLifetime({ idle: minutes(2) });
      app.calls.length = 0;
      expect(await request.commit()).toBe('none');
      expect(request.hasChanges()).toBe(false);
      expect(app.calls).toEqual([]);
    });

    it('is stored with the first attribute, before or after the call', async () => {
      const [before, after] = [await app.open(), await app.open()];
      before.session.setLifetime({ idle: minutes(2) });
      before.session['n'] = 1;
      after.session['n'] = 1;
      await after.session.save();
      after.session.setLifetime({ idle: minutes(3) });
      expect([await before.commit(), await after.commit()]).toEqual(['send', 'send']);
      expect(await timesOf(app, before.id)).toEqual({ expires: minutes(2), lifetime: { idle: minutes(2) } });
      expect(await timesOf(app, after.id)).toEqual({ expires: minutes(3), lifetime: { idle: minutes(3) } });
    });
  });

  describe('and the cookie', () => {
    const persistent = { cookie: { maxAge: days(5) }, idleMs: days(5), absoluteMs: days(30) };

    it('ends a persistent cookie with the session, and sends it again', async () => {
      const long = new Application(persistent);
      const one = await long.stored({ n: 1 });
      const request = await long.open(one);
      const held = request.session.cookie;
      request.session.setLifetime({ absolute: hours(1) });
      expect(held.maxAge).toBe(hours(1));
      expect(await request.commit()).toBe('send');
      expect(request.sendCookie().expires!.getTime() - START).toBe(hours(1));
      held.maxAge = days(2);
      expect(request.session.cookie.maxAge).toBe(hours(1));
    });

    it('never makes a cookie live longer in the browser, nor one that ends with the browser persistent', async () => {
      const long = new Application(persistent);
      const one = await long.stored({ n: 1 });
      const request = await set(long, one, { idle: days(20), absolute: days(25) });
      expect(request.session.cookie.maxAge).toBe(days(5));
      expect((await set(app, id, { idle: hours(5) })).session.cookie.maxAge).toBeNull();
    });

    it('counts instead of the lifetime of the cookie, also where that is set later', async () => {
      const request = await app.open(id);
      request.session.setLifetime({ idle: minutes(2) });
      request.session.cookie.maxAge = hours(4);
      expect(await request.commit()).toBe('send');
      expect((await timesOf(app, id))!.expires).toBe(minutes(2));
      await set(app, id, null);
      expect((await timesOf(app, id))!.expires).toBe(hours(4));
      await set(app, id, { absolute: hours(1) });
      expect((await timesOf(app, id))!.expires).toBe(hours(1));
      expect((await app.open(id)).session.cookie.maxAge).toBe(hours(1));
    });

    it('does not move a fixed end of the cookie', async () => {
      const fixed = app.restarted({ cookie: { expires: new Date(START + hours(1)) } });
      await set(fixed, id, { idle: hours(5) });
      expect((await timesOf(fixed, id))!.expires).toBe(hours(5));
    });
  });

  describe('and a new id', () => {
    it.each<[string, (session: OpenSession['session']) => Promise<unknown>, object | null]>([
      ["is kept by regenerate({ keep: 'all' })", (s) => s.regenerate({ keep: 'all' }), { idle: minutes(2) }],
      ['is dropped by regenerate()', (s) => s.regenerate(), null],
      ['is dropped by regenerate() that keeps attributes', (s) => s.regenerate({ keep: ['n'] }), null],
      ['is dropped by the login of an anonymous visitor', (s) => s.login('u1', { keep: ['n'] }), null],
    ])('%s', async (_, renew, expected) => {
      await set(app, id, { idle: minutes(2) });
      const request = await app.open(id);
      await renew(request.session);
      expect(request.session.expiresAt - START).toBe(expected === null ? minutes(10) : minutes(2));
      await request.session.save();
      expect(await timesOf(app, id)).toBeNull();
      const expires = expected === null ? minutes(10) : minutes(2);
      expect(await timesOf(app, request.id)).toEqual({ expires, lifetime: expected });
      // The same where it was set and not saved before.
      const other = await app.open(await app.stored({ n: 1 }));
      other.session.setLifetime({ idle: minutes(2) });
      await renew(other.session);
      await other.session.save();
      expect(await timesOf(app, other.id)).toEqual({ expires, lifetime: expected });
    });

    it('is kept by a step-up, which starts the absolute timeout again (S-36), and dropped by another user', async () => {
      const request = await app.open(id);
      await request.session.login('u1');
      request.session.setLifetime({ absolute: minutes(6), idle: minutes(5) });
      request.session.cookie.maxAge = days(1);
      await request.commit();
      app.clock.advance(minutes(4));
      const again = await app.open(request.id);
      await again.session.login('u1');
      expect(again.session.cookie.maxAge).toBe(minutes(6));
      await again.commit();
      const lifetime = { absolute: minutes(6), idle: minutes(5) };
      expect(await timesOf(app, again.id)).toEqual({ expires: minutes(9), lifetime });
      const other = await app.open(again.id);
      await other.session.login('u2');
      await other.commit();
      expect(await timesOf(app, other.id)).toEqual({ expires: minutes(14), lifetime: null });
    });

    it('is set after login() in the same request', async () => {
      const request = await app.open(id);
      await request.session.login('u1');
      request.session.setLifetime({ idle: minutes(3) });
      await request.commit();
      expect(await timesOf(app, request.id)).toEqual({ expires: minutes(3), lifetime: { idle: minutes(3) } });
    });

    it('ends with destroy()', async () => {
      const request = await app.open(id);
      request.session.setLifetime({ idle: minutes(3) });
      await request.session.destroy();
      request.session.setLifetime({ idle: minutes(4) });
      expect(await request.commit()).toBe('clear');
      expect(await timesOf(app, id)).toBeNull();
    });
  });

  describe('with the option principal', () => {
    const byUser = { principalOf: (s: object) => (s as { user?: string }).user };

    it.each([
      ['from nobody to a user', {}, 'u1'],
      ['from one user to another', { user: 'u0' }, 'u1'],
      ['to nobody', { user: 'u0' }, undefined],
    ])('keeps what the request of the login has set, and nothing of before: %s', async (_, before, user) => {
      const bound = new Application(byUser);
      const first = await bound.stored(before);
      await set(bound, first, { idle: minutes(7) });
      const request = await bound.open(first);
      request.session['user'] = user;
      await request.session.save();
      expect((await timesOf(bound, request.id))!.lifetime).toBeNull();

      const second = await bound.stored(before);
      await set(bound, second, { idle: minutes(7) });
      const other = await bound.open(second);
      other.session.setLifetime({ idle: minutes(3) });
      other.session['user'] = user;
      await other.session.save();
      expect((await timesOf(bound, other.id))!).toEqual({
        expires: minutes(3),
        lifetime: { idle: minutes(3) },
      });
    });

    it.each([{}, { user: 'u0' }])('keeps none that the request has saved before: %p', async (before) => {
      const bound = new Application(byUser);
      const request = await bound.open(await bound.stored(before));
      request.session.setLifetime({ idle: minutes(7) });
      await request.session.save();
      request.session['user'] = 'u1';
      await request.session.save();
      expect(await timesOf(bound, request.id)).toEqual({ expires: minutes(10), lifetime: null });
    });

    it('takes over no lifetime that another request sets before the login', async () => {
      const bound = new Application(byUser);
      const first = await bound.stored({});
      const request = await bound.open(first);
      await set(bound, first, { idle: minutes(7) });
      request.session['user'] = 'u1';
      await request.session.save();
      expect(await timesOf(bound, request.id)).toEqual({ expires: minutes(10), lifetime: null });
    });
  });
});

describe('a lifetime that is set while other requests run', () => {
  let app: Application;
  let id: SessionId;
  beforeEach(async () => {
    app = new Application();
    id = await app.stored({ n: 1 });
    app.clock.advance(minutes(1));
  });
  const LONG = { expires: minutes(1) + hours(3), lifetime: { idle: hours(3) } };
  const setLong = () => set(app, id, { idle: hours(3) });

  it.each<[string, (request: OpenSession) => unknown, object]>([
    ['touches the session', () => undefined, { n: 1 }],
    ['changes an attribute', ({ session }) => void (session['n'] = 2), { n: 2 }],
    ['adds by a function', ({ session }) => session.update<number>('n', (n = 0) => n + 1), { n: 2 }],
    ['changes the cookie', ({ session }) => void (session.cookie.maxAge = minutes(30)), { n: 1 }],
    ["regenerates with keep 'all'", ({ session }) => session.regenerate({ keep: 'all' }), { n: 1 }],
    [
      "regenerates with keep 'all' and changes an attribute",
      async ({ session }) => {
        await session.regenerate({ keep: 'all' });
        session['n'] = 2;
      },
      { n: 2 },
    ],
  ])('is kept by a request that %s', async (_, act, data) => {
    const request = await app.open(id);
    await setLong();
    await act(request);
    await request.commit();
    expect(await timesOf(app, request.id)).toEqual(LONG);
    expect(await app.dataOf(request.id)).toEqual(data);
    expect(request.session.expiresAt - START).toBe(LONG.expires);
    // The rest of that request knows it too.
    request.session['later'] = true;
    await request.session.save();
    expect(await timesOf(app, request.id)).toEqual(LONG);
  });

  it.each<[string, (session: OpenSession['session']) => Promise<unknown>]>([
    ['logs in', (session) => session.login('u1')],
    ['regenerates', (session) => session.regenerate()],
  ])('is dropped by a request that %s', async (_, act) => {
    const request = await app.open(id);
    await setLong();
    await act(request.session);
    await request.session.save();
    expect(await timesOf(app, request.id)).toEqual({ expires: minutes(11), lifetime: null });
  });

  it.each([
    ['logs in', (session: OpenSession['session']) => session.login('u1')],
    ["regenerates with keep 'all'", (session: OpenSession['session']) => session.regenerate({ keep: 'all' })],
  ])('is not stored for an id that is gone because another request %s first', async (_, act) => {
    const [request, other] = [await app.open(id), await app.open(id)];
    request.session.setLifetime({ idle: hours(3) });
    await act(other.session);
    await other.commit();
    expect(await request.commit()).toBe('none');
    expect(await timesOf(app, id)).toBeNull();
    expect((await timesOf(app, other.id))!.lifetime).toBeNull();
  });

  it('is kept by the step-up of the user', async () => {
    const login = await app.open(id);
    await login.session.login('u1');
    await login.commit();
    const request = await app.open(login.id);
    await set(app, login.id, { idle: hours(3) });
    await request.session.login('u1', { method: 'otp' });
    await request.commit();
    expect(await timesOf(app, request.id)).toEqual(LONG);
  });

  it('is the last one where two requests set one, also one that moves the session', async () => {
    for (const isMoved of [false, true]) {
      const one = await app.stored({});
      const request = await app.open(one);
      request.session.setLifetime({ idle: hours(2) });
      if (isMoved) await request.session.regenerate({ keep: 'all' });
      await set(app, one, { idle: hours(3) });
      await request.commit();
      const expires = minutes(1) + hours(2);
      expect(await timesOf(app, request.id)).toEqual({ expires, lifetime: { idle: hours(2) } });
    }
  });

  it('is the last one also where a move meets several of them', async () => {
    const request = await app.open(id);
    await request.session.regenerate({ keep: 'all' });
    const rekey = app.store.rekey.bind(app.store);
    for (const idle of [hours(1), hours(2), hours(3)])
      jest.spyOn(app.store, 'rekey').mockImplementationOnce(async (...args) => {
        await set(app, id, { idle });
        return rekey(...args);
      });
    await request.commit();
    expect(await timesOf(app, request.id)).toEqual(LONG);
    expect(request.session.expiresAt - START).toBe(LONG.expires);
  });

  it('is removed for other requests too', async () => {
    await setLong();
    const request = await app.open(id);
    await set(app, id, null);
    request.session['n'] = 2;
    await request.commit();
    expect(await timesOf(app, id)).toEqual({ expires: minutes(11), lifetime: null });
    // And set again: a request that has loaded the session in between conflicts with it.
    const between = await app.open(id);
    await setLong();
    between.session['n'] = 3;
    await between.commit();
    expect(await timesOf(app, id)).toEqual(LONG);
  });

  it('is removed while another request changes the cookie, which is not lost', async () => {
    await setLong();
    const request = await app.open(id);
    request.session.cookie.maxAge = minutes(20);
    await set(app, id, null);
    await request.commit();
    expect(await timesOf(app, id)).toEqual({ expires: minutes(21), lifetime: null });
    expect((await app.open(id)).session.cookie.originalMaxAge).toBe(minutes(20));
  });

  it('ends the cookie of a request that did not know it', async () => {
    const request = await app.open(id);
    request.session.cookie.maxAge = days(3);
    await set(app, id, { absolute: hours(1) });
    expect(await request.commit()).toBe('send');
    expect(request.sendCookie().expires!.getTime() - START).toBe(hours(1));
  });
});

describe('a lifetime and writes that fail or are under way', () => {
  let app: Application;
  let id: SessionId;
  beforeEach(async () => {
    app = new Application();
    id = await app.stored({ n: 1 });
  });
  const failed = new Error('The store is down.');

  it.each([true, false])(
    'is stored by the next save after one that failed: applied %s',
    async (isApplied) => {
      const request = await app.open(id);
      request.session.setLifetime({ idle: minutes(2) });
      const patch = app.store.patch.bind(app.store);
      jest.spyOn(app.store, 'patch').mockImplementationOnce(async (...args) => {
        if (isApplied) await patch(...args);
        throw failed;
      });
      await expect(request.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
      await request.session.save();
      expect(await timesOf(app, id)).toEqual({ expires: minutes(2), lifetime: { idle: minutes(2) } });
    },
  );

  it.each([true, false])(
    'is stored under a new id after a move that failed: applied %s',
    async (isApplied) => {
      const request = await app.open(id);
      await request.session.login('u1');
      request.session.setLifetime({ idle: minutes(2) });
      const rekey = app.store.rekey.bind(app.store);
      jest.spyOn(app.store, 'rekey').mockImplementationOnce(async (...args) => {
        if (isApplied) await rekey(...args);
        throw failed;
      });
      await expect(request.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
      request.session.setLifetime({ idle: minutes(3) });
      await request.session.save();
      expect(await timesOf(app, request.id)).toEqual({ expires: minutes(3), lifetime: { idle: minutes(3) } });
    },
  );

  it.each<['create' | 'patch' | 'rekey', object | null]>([
    ['create', null],
    ['create', { idle: minutes(2) }],
    ['patch', null],
    ['patch', { idle: minutes(2) }],
    ['rekey', null],
    ['rekey', { idle: minutes(2) }],
  ])('that is set during a %s is stored by the next save: before it %p', async (operation, before) => {
    const request = await app.open(operation === 'create' ? undefined : id);
    request.session['n'] = 2;
    if (operation === 'rekey') await request.session.regenerate({ keep: 'all' });
    if (before !== null) request.session.setLifetime(before);
    const write = app.store[operation].bind(app.store) as (...args: unknown[]) => unknown;
    jest.spyOn(app.store, operation).mockImplementationOnce(async (...args: unknown[]) => {
      await Promise.resolve();
      request.session.setLifetime({ idle: minutes(5) });
      return write(...args) as never;
    });
    await request.session.save();
    expect((await timesOf(app, request.id))!.lifetime).toEqual(before);
    expect(request.session.expiresAt - START).toBe(minutes(5));
    await request.commit();
    const stored = { expires: minutes(5), lifetime: { idle: minutes(5) } };
    expect(await timesOf(app, request.id)).toEqual(stored);
    expect(request.hasChanges()).toBe(false);
  });

  it('is dropped by reload() where it was not saved, and read where another request has saved it', async () => {
    const request = await app.open(id);
    request.session.setLifetime({ idle: minutes(2) });
    await request.session.reload();
    expect(request.session.expiresAt - START).toBe(minutes(10));
    expect(request.hasChanges()).toBe(false);
    await set(app, id, { idle: minutes(3) });
    await request.session.reload();
    expect(request.session.expiresAt - START).toBe(minutes(3));
    app.clock.advance(minutes(3));
    await expect(request.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('is removed before it was stored, and then another request sets one', async () => {
    const request = await app.open(id);
    request.session.setLifetime({ idle: minutes(2) });
    request.session.setLifetime(null);
    expect(request.hasChanges()).toBe(false);
    await set(app, id, { idle: minutes(3) });
    request.session['n'] = 2;
    await request.commit();
    expect(await timesOf(app, id)).toEqual({ expires: minutes(3), lifetime: { idle: minutes(3) } });
    request.session.touch();
    expect(request.session.expiresAt - START).toBe(minutes(3));
  });
});
