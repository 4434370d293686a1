import { jest } from '@jest/globals';
import {
  MemorySessionStore,
  type CookieOptions,
  type SessionStore,
  type UserSession,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { OptionsCookieFactory } from '../../../lib/cookie/session-cookie-factory.js';
import { resolveCookie } from '../../../lib/cookie/cookie-options.js';
import { days, hours, minutes, seconds } from '../../../lib/core/util/clock.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { SessionEngine } from '../../../lib/core/session/session-engine.js';
import { isStoreFailure, SessionError, type SessionEvent } from '../../../lib/core/errors.js';
import { newSessionId, sessionHandle, type SessionId, sessionKey } from '../../../lib/core/session-id.js';
import type { SessionRecord } from '../../../lib/core/store/session-record.js';
import { STORE_METHODS } from '../../../lib/core/store/session-store.js';

interface Settings {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly touchEveryMs: number | null;
  readonly saveUninitialized: boolean;
  readonly rolling: boolean;
  readonly resave: boolean;
  readonly newId: (context: unknown) => SessionId;
  readonly cookie: CookieOptions;
}

interface Visit {
  readonly channel?: 'open' | 'insecure' | 'sent';
  readonly presented?: boolean;
  readonly goesOnWithout?: boolean;
  readonly context?: unknown;
}

const DEFAULTS: Settings = {
  idleMs: minutes(10),
  absoluteMs: hours(8),
  touchEveryMs: null,
  saveUninitialized: false,
  rolling: false,
  resave: false,
  newId: newSessionId,
  cookie: {},
};

/** An application with one store; `restarted` is the same one with other settings. */
class Application {
  readonly calls: string[] = [];
  readonly events: SessionEvent[] = [];
  readonly #engine: SessionEngine;
  readonly #settings: Settings;
  /** Ends the last request that asked for a new id. */
  closeLast: () => Promise<void> = async () => undefined;

  constructor(
    settings: Partial<Settings> = {},
    readonly store = new MemorySessionStore(),
    readonly clock = new FakeClock(1_700_000_000_000),
  ) {
    this.#settings = { ...DEFAULTS, ...settings };
    const { idleMs, absoluteMs, touchEveryMs, newId } = this.#settings;
    this.#engine = new SessionEngine({
      store: this.#recorded(),
      clock,
      newId,
      storeTimeoutMs: null,
      onEvent: (event) => this.events.push(event),
      lifetimes: { idleMs, absoluteMs, touchEveryMs },
      policy: this.#settings,
    });
  }

  restarted(settings: Partial<Settings>): Application {
    return new Application({ ...this.#settings, ...settings }, this.store, this.clock);
  }

  /** A request with the cookie of one session, of several, or without one. */
  open(
    who?: SessionId | { id: SessionId; current: boolean }[],
    visit: Visit = {},
  ): Promise<OpenSession> | OpenSession {
    const candidates = Array.isArray(who) ? who : who === undefined ? [] : [{ id: who, current: true }];
    const now = (): number => this.clock.now();
    const request = {
      candidates,
      presented: visit.presented ?? candidates.length > 0,
      cookies: new OptionsCookieFactory(resolveCookie(this.#settings.cookie, true, now()), now),
      isSecure: visit.channel !== 'insecure',
      canSendHeaders: visit.channel !== 'sent',
      hasBegun: visit.channel === 'sent',
      whenClosed: (step: () => Promise<void>) => void (this.closeLast = step),
      context: visit.context,
    };
    if (visit.goesOnWithout !== true) return this.#engine.open(request);
    return (async () => this.#engine.open(request))().catch((error: unknown) => {
      if (!isStoreFailure(error)) throw error;
      return this.#engine.createSession(request, error);
    });
  }

  /** The id of a session that an earlier request has stored. */
  async stored(attributes: object): Promise<SessionId> {
    const fresh = await this.open();
    Object.assign(fresh.session, attributes);
    await fresh.session.save();
    this.calls.length = 0;
    return fresh.id;
  }

  async record(id: SessionId): Promise<SessionRecord | null> {
    return this.store.load(sessionKey(id));
  }

  /** What the store holds; `null` where it holds nothing. */
  async dataOf(id: SessionId): Promise<object | null> {
    const record = await this.record(id);
    if (record === null) return null;
    const own = [...record.attributes].filter(([name]) => name !== '$cookie');
    return Object.fromEntries(own.map(([name, text]) => [name, JSON.parse(text) as unknown]));
  }

  #recorded(): SessionStore {
    const { store, calls } = this;
    const recorded = STORE_METHODS.map((method) => [
      method,
      (...args: unknown[]) => {
        calls.push(method);
        return (store[method] as (...given: unknown[]) => unknown)(...args);
      },
    ]);
    return Object.fromEntries(recorded) as SessionStore;
  }
}

const everything = async (app: Application, ids: SessionId[]): Promise<(object | null)[]> =>
  Promise.all(ids.map((id) => app.dataOf(id)));

describe('opening a session', () => {
  it('is done at once and asks no store where the browser sent no good cookie', () => {
    const app = new Application();
    const opened = app.open();
    expect(opened).not.toBeInstanceOf(Promise);
    expect((opened as OpenSession).session.isNew).toBe(true);
    expect(app.calls).toEqual([]);
  });

  it('finds the session of the cookie with one call', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const { session } = await app.open(id);
    expect({ ...session }).toEqual({ n: 1 });
    expect([session.isNew, session.id, session.handle]).toEqual([false, id, sessionHandle(sessionKey(id))]);
    expect(app.calls).toEqual(['load']);
  });

  it('takes the one candidate whose session exists, wherever it stands (S-28)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    for (const place of [0, 1, 2, 3]) {
      const ids = Array.from({ length: 4 }, (_, index) => (index === place ? id : newSessionId()));
      const opened = await app.open(ids.map((one) => ({ id: one, current: true })));
      expect([opened.id, { ...opened.session }]).toEqual([id, { n: 1 }]);
    }
    expect([app.calls, app.events]).toEqual([Array(16).fill('load'), []]);
  });

  it('takes none of two candidates whose sessions exist, tells it, and deletes nothing', async () => {
    const app = new Application();
    const [one, other] = [await app.stored({ n: 1 }), await app.stored({ n: 2 })];
    const opened = await app.open([one, newSessionId(), other].map((id) => ({ id, current: true })));
    expect([opened.session.isNew, { ...opened.session }]).toEqual([true, {}]);
    expect([one, other]).not.toContain(opened.id);
    await opened.session.destroy();
    expect(app.calls).toEqual(['load', 'load', 'load']);
    expect(await everything(app, [one, other])).toEqual([{ n: 1 }, { n: 2 }]);
    const event = app.events[0] as SessionEvent & { readonly type: 'rejected' };
    expect(app.events).toEqual([
      { type: 'rejected', reason: 'duplicate-cookie', handles: expect.any(Array) as unknown },
    ]);
    expect(event.handles).toEqual(
      expect.arrayContaining([one, other].map((id) => sessionHandle(sessionKey(id)))),
    );
  });

  it('loads no session where there are more than four candidates, and takes none', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const ids = [id, ...Array.from({ length: 4 }, newSessionId)];
    const opened = await app.open(ids.map((one) => ({ id: one, current: true })));
    expect([opened.session.isNew, app.calls]).toEqual([true, []]);
    expect(app.events).toMatchObject([{ type: 'rejected', reason: 'duplicate-cookie' }]);
  });

  it('passes over a candidate whose session is over, and does not revive it (S-34)', async () => {
    const app = new Application();
    const old = await app.stored({ n: 'old' });
    app.clock.advance(minutes(10));
    const young = await app.stored({ n: 'young' });
    const opened = await app.open([old, young].map((id) => ({ id, current: true })));
    expect({ ...opened.session }).toEqual({ n: 'young' });
  });

  it('never adopts an unknown id: what is stored gets a new one (S-10, R27)', async () => {
    const app = new Application();
    const planted = newSessionId();
    const opened = await app.open(planted);
    expect(opened.session.isNew).toBe(true);
    opened.session['n'] = 1;
    expect(await opened.commit()).toBe('send');
    expect(opened.id).not.toBe(planted);
    expect(await everything(app, [planted, opened.id])).toEqual([null, { n: 1 }]);
  });

  it('gives the id of an expired session to nobody (S-10)', async () => {
    const app = new Application();
    const expired = await app.stored({ n: 1 });
    app.clock.advance(minutes(10));
    const opened = await app.open(expired);
    opened.session['n'] = 2;
    await opened.commit();
    expect(opened.id).not.toBe(expired);
  });

  it('tells that the store failed, with the cause and without key or id (S-68)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const cause = new Error(`connect redis://user:pass@host, key ${sessionKey(id)}`);
    jest.spyOn(app.store, 'load').mockRejectedValue(cause);
    await expect(app.open(id)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      cause,
      message: 'The session store failed to load a session.',
    });
  });

  it('is no session of anybody where the store failed for the first of two candidates (S-69)', async () => {
    const app = new Application();
    const [one, other] = [await app.stored({ n: 1 }), await app.stored({ n: 2 })];
    jest.spyOn(app.store, 'load').mockRejectedValueOnce(new Error('down'));
    await expect(app.open([one, other].map((id) => ({ id, current: true })))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    });
  });

  it.each(['{nonsense}', 'null', '[]', '7'])(
    'survives cookie settings in the store that are %s',
    async (kept) => {
      const app = new Application();
      const id = newSessionId();
      const now = app.clock.now();
      const attributes = new Map([
        ['n', '1'],
        ['$cookie', kept],
      ]);
      await app.store.create(sessionKey(id), {
        createdAt: now,
        touchedAt: now,
        expiresAt: now + 1000,
        principal: null,
        revision: 0,
        attributes,
      });
      const { session } = await app.open(id);
      expect({ ...session }).toEqual({ n: 1 });
      expect(session.cookie.path).toBe('/');
    },
  );
});

describe('committing', () => {
  it('calls no store and sends nothing for a visitor whose session nobody touched (S-4)', async () => {
    const app = new Application();
    const opened = await app.open();
    expect(opened.commit()).toBe('none');
    expect([app.calls, app.store.size]).toEqual([[], 0]);
  });

  it('is done at once and calls no store after a request that only read', async () => {
    const app = new Application();
    const id = await app.stored({ cart: { a: 1 } });
    const opened = await app.open(id);
    expect(opened.session['cart']).toEqual({ a: 1 });
    expect(opened.commit()).toBe('none');
    expect(app.calls).toEqual(['load']);
  });

  it('creates the record of a new session and sends its cookie', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    expect([opened.session.isNew, opened.hasChanges()]).toEqual([true, true]);
    expect(await opened.commit()).toBe('send');
    expect([opened.session.isNew, opened.hasChanges()]).toEqual([false, false]);
    const now = app.clock.now();
    expect(await app.record(opened.id)).toEqual({
      createdAt: now,
      touchedAt: now,
      expiresAt: now + minutes(10),
      principal: null,
      revision: 0,
      attributes: new Map([['n', '1']]),
    });
    expect(app.calls).toEqual(['create']);
  });

  it('writes what was changed, and only that, with one call', async () => {
    const app = new Application();
    const id = await app.stored({ a: 1, b: 2, c: 3 });
    const opened = await app.open(id);
    opened.session['a'] = 10;
    delete opened.session['b'];
    opened.session['d'] = 4;
    expect(await opened.commit()).toBe('none');
    expect(await app.dataOf(id)).toEqual({ a: 10, c: 3, d: 4 });
    expect(app.calls).toEqual(['load', 'patch']);
  });

  it('keeps a session for each visitor where that is asked for', async () => {
    const app = new Application({ saveUninitialized: true });
    const opened = await app.open();
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({});
  });

  it.each(['insecure', 'sent'] as const)(
    'makes no record that no browser could name: the channel is %s',
    async (channel) => {
      const app = new Application({ saveUninitialized: true });
      const opened = await app.open(undefined, { channel });
      opened.session['n'] = 1;
      expect(await opened.commit()).toBe('none');
      expect(app.store.size).toBe(0);
    },
  );

  it('saves changes of a stored session also where no cookie can be sent', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id, { channel: 'sent' });
    opened.session['n'] = 2;
    expect(await opened.commit()).toBe('none');
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('issues the cookie again where a retired secret signed it, without a write (S-15)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open([{ id, current: false }]);
    expect(opened.commit()).toBe('send');
    opened.sendCookie();
    expect(opened.commit()).toBe('none');
    expect(app.calls).toEqual(['load']);
  });

  it('sends the cookie once where the browser got it already', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    expect(await opened.commit()).toBe('send');
    opened.sendCookie();
    opened.session['n'] = 2;
    expect(await opened.commit()).toBe('none');
  });

  it('with rolling sends the cookie each time and writes nothing for it', async () => {
    const app = new Application({ rolling: true });
    const id = await app.stored({ n: 1 });
    expect((await app.open(id)).commit()).toBe('send');
    expect(app.calls).toEqual(['load']);
  });

  it.each([
    ['changed: sent', { n: 2 }, 'send'],
    ['unchanged: not sent', {}, 'none'],
  ])('a cookie with a lifetime, where the session was %s (R42)', async (_, change, cookie) => {
    const app = new Application({ cookie: { maxAge: minutes(10) } });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    Object.assign(opened.session, change);
    expect(await opened.commit()).toBe(cookie);
  });

  it('twice does them in order: the second is based on the first, and nothing is written twice', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    const patch = jest.spyOn(app.store, 'patch');
    opened.session['n'] = 2;
    const first = opened.commit();
    opened.session['n'] = 3;
    const second = opened.commit();
    const third = opened.commit();
    await Promise.all([first, second, third]);
    expect(await app.dataOf(id)).toEqual({ n: 3 });
    expect(patch.mock.calls.map(([, { changes }]) => changes.get('n'))).toEqual([
      { from: '1', to: '2' },
      { from: '2', to: '3' },
    ]);
  });

  it('does not forget a change that was made while it was under way', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    const under = opened.commit();
    opened.session['n'] = 2;
    opened.session['m'] = 1;
    await under;
    expect(opened.hasChanges()).toBe(true);
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({ n: 2, m: 1 });
  });

  it('refuses a value that JSON cannot carry before anything is written, and can be repeated after a cure (S-74)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    Object.assign(opened.session, { n: 2, price: 10n });
    await expect((async () => opened.commit())()).rejects.toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: expect.stringContaining('price') as string,
    });
    expect(await app.dataOf(id)).toEqual({ n: 1 });
    opened.session['price'] = 10;
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 2, price: 10 });
  });

  it('of a session that the request let go of writes nothing', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session['n'] = 2;
    opened.release(false);
    expect([opened.isAlive, opened.hasChanges(), await opened.commit()]).toEqual([false, false, 'none']);
    expect(await app.dataOf(id)).toEqual({ n: 1 });
  });

  it('of a session that was to be destroyed with the request removes it', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.release(true);
    expect([opened.isAlive, await opened.commit()]).toEqual([false, 'clear']);
    expect(await app.dataOf(id)).toBeNull();
  });
});

describe('touching', () => {
  it.each<[string, Partial<Settings>, number, boolean]>([
    ['before a minute of a long idle timeout', { idleMs: hours(1) }, minutes(1) - 1, false],
    ['at a minute of a long idle timeout', { idleMs: hours(1) }, minutes(1), true],
    ['before a tenth of a short idle timeout', { idleMs: minutes(5) }, seconds(30) - 1, false],
    ['at a tenth of a short idle timeout', { idleMs: minutes(5) }, seconds(30), true],
    ['before touchEvery', { touchEveryMs: minutes(5) }, minutes(5) - 1, false],
    ['at touchEvery', { touchEveryMs: minutes(5) }, minutes(5), true],
    ['in the same millisecond', { touchEveryMs: 1 }, 0, false],
    ['in the same millisecond with resave', { resave: true }, 0, true],
    [
      'at a tenth of the lifetime of the cookie',
      { cookie: { maxAge: minutes(1) }, idleMs: minutes(1) },
      seconds(6),
      true,
    ],
  ])('%s', async (_, settings, passed, touched) => {
    const app = new Application(settings);
    const id = await app.stored({ n: 1 });
    const before = await app.record(id);
    app.clock.advance(passed);
    expect(await (await app.open(id)).commit()).toBe('none');
    expect(app.calls).toEqual(touched ? ['load', 'patch'] : ['load']);
    const moved = touched ? passed : 0;
    expect(await app.record(id)).toEqual({
      ...before,
      touchedAt: before!.touchedAt + moved,
      expiresAt: before!.expiresAt + moved,
    });
  });

  it('is done at once where the application asks for it, and once', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(1);
    const opened = await app.open(id);
    opened.session.touch();
    await opened.commit();
    await opened.commit();
    expect(app.calls).toEqual(['load', 'patch']);
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it('makes no record of a visitor', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session.touch();
    expect(await opened.commit()).toBe('none');
    expect(app.store.size).toBe(0);
  });

  it('with resave never writes back what another request has changed (S-64)', async () => {
    const app = new Application({ resave: true });
    const id = await app.stored({ n: 1 });
    const [slow, quick] = [await app.open(id), await app.open(id)];
    void slow.session['n'];
    quick.session['n'] = 2;
    await quick.commit();
    await slow.commit();
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('does not lengthen the absolute life (S-35)', async () => {
    const app = new Application({ absoluteMs: minutes(15) });
    const id = await app.stored({ n: 1 });
    const end = app.clock.now() + minutes(15);
    app.clock.advance(minutes(9));
    await (await app.open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(end);
    app.clock.advance(minutes(6));
    expect((await app.open(id)).session.isNew).toBe(true);
  });

  it('does not bring a session back that was destroyed meanwhile (S-43)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [slow, logout] = [await app.open(id), await app.open(id)];
    slow.session.touch();
    await logout.session.destroy();
    expect(await slow.commit()).toBe('none');
    expect(app.store.size).toBe(0);
  });
});

describe('requests that meet', () => {
  /** Two requests open the session, act, and commit one after the other. */
  async function meet(
    attributes: object,
    first: (session: UserSession) => void,
    second: (session: UserSession) => void,
  ) {
    const app = new Application();
    const id = await app.stored(attributes);
    const [one, other] = [await app.open(id), await app.open(id)];
    first(one.session);
    second(other.session);
    await one.commit();
    await other.commit();
    return app.dataOf(id);
  }
  const cartOf = (session: UserSession) => session['cart'] as Record<string, unknown>;

  it.each<[string, object, (session: UserSession) => void, (session: UserSession) => void, object]>([
    [
      'keep both attributes that were set',
      {},
      (s) => {
        s['a'] = 1;
      },
      (s) => {
        s['b'] = 2;
      },
      { a: 1, b: 2 },
    ],
    [
      'keep both leaves of one attribute',
      { cart: {} },
      (s) => {
        cartOf(s)['a'] = 1;
      },
      (s) => {
        cartOf(s)['b'] = 2;
      },
      { cart: { a: 1, b: 2 } },
    ],
    [
      'keep both leaves of an attribute that both made',
      {},
      (s) => {
        s['cart'] = { a: 1 };
      },
      (s) => {
        s['cart'] = { b: 2 };
      },
      { cart: { a: 1, b: 2 } },
    ],
    [
      'do not bring back a leaf that one removed',
      { cart: { a: 1, b: 1 } },
      (s) => {
        delete cartOf(s)['a'];
      },
      (s) => {
        cartOf(s)['b'] = 2;
      },
      { cart: { b: 2 } },
    ],
    [
      'do not bring back an attribute that one removed',
      { user: 1, n: 1 },
      (s) => {
        delete s['user'];
      },
      (s) => {
        s['n'] = 2;
      },
      { n: 2 },
    ],
    [
      'let the later one stand where both set a scalar',
      { n: 0 },
      (s) => {
        s['n'] = 1;
      },
      (s) => {
        s['n'] = 2;
      },
      { n: 2 },
    ],
    [
      'let the later one stand where both set an array',
      { l: [0] },
      (s) => {
        s['l'] = [0, 1];
      },
      (s) => {
        s['l'] = [0, 2];
      },
      { l: [0, 2] },
    ],
    [
      'count exactly with update()',
      { n: 5 },
      (s) => {
        s.update<number>('n', (n = 0) => n + 1);
      },
      (s) => {
        s.update<number>('n', (n = 0) => n + 1);
      },
      { n: 7 },
    ],
    [
      'count exactly with several steps',
      { n: 5 },
      (s) => {
        s['n'] = 100;
      },
      (s) => {
        s.update<number>('n', (n = 0) => n + 1);
        s.update<number>('n', (n = 0) => n * 2);
      },
      { n: 202 },
    ],
    [
      'count exactly under a name with a dollar sign',
      { $n: 5 },
      (s) => {
        s['$n'] = 100;
      },
      (s) => {
        s.update<number>('$n', (n = 0) => n + 1);
      },
      { $$n: 101 },
    ],
    [
      'keep names with a dollar sign apart',
      {},
      (s) => {
        s['$a'] = { x: 1 };
      },
      (s) => {
        s['$a'] = { y: 1 };
      },
      { $$a: { x: 1, y: 1 } },
    ],
    [
      'do not run update() again on a value that was assigned afterwards',
      { n: 5 },
      (s) => {
        s['n'] = 100;
      },
      (s) => {
        s.update<number>('n', (n = 0) => n + 1);
        s['n'] = 1;
      },
      { n: 1 },
    ],
  ])('%s (S-64)', async (_, attributes, first, second, expected) => {
    expect(await meet(attributes, first, second)).toEqual(expected);
  });

  it.each([null, false, 0, '', undefined])(
    'leave a user removed that one of them set to %j, whichever commits later (S-43)',
    async (removed) => {
      const user = { id: 'u1', seen: 1 };
      const logout = (session: UserSession): void => void (session['user'] = removed);
      const visit = (session: UserSession): void => void ((session['user'] as typeof user).seen = 2);
      const expected = removed === undefined ? {} : { user: removed };
      expect(await meet({ user }, logout, visit)).toEqual(expected);
      expect(await meet({ user }, visit, logout)).toEqual(expected);
    },
  );

  it('count exactly when one request counts, is saved, and counts again', async () => {
    const app = new Application();
    const id = await app.stored({ n: 0 });
    const increment = (n = 0): number => n + 1;
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.update('n', increment);
    other.session.update('n', increment);
    await one.commit();
    await other.commit();
    other.session.update('n', increment);
    one.session.update('n', increment);
    await Promise.all([one.commit(), other.commit()]);
    expect(await app.dataOf(id)).toEqual({ n: 4 });
  });

  it('count exactly when one counts again while its own save is under way', async () => {
    const app = new Application();
    const id = await app.stored({ n: 0 });
    const increment = (n = 0): number => n + 1;
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.update('n', increment);
    const under = one.session.save();
    one.session.update('n', increment);
    await under;
    other.session.update('n', increment);
    await other.commit();
    await one.commit();
    expect(await app.dataOf(id)).toEqual({ n: 3 });
  });

  it('need one call each when nobody interferes, and two more calls are enough for a conflict', async () => {
    const app = new Application();
    const id = await app.stored({ n: 0 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session['n'] = 1;
    other.session['n'] = 2;
    app.calls.length = 0;
    await one.commit();
    await other.commit();
    expect(app.calls).toEqual(['patch', 'patch', 'patch']);
  });

  it('merge also over commits of one request after another', async () => {
    const app = new Application();
    const id = await app.stored({ cart: {} });
    const [one, other] = [await app.open(id), await app.open(id)];
    cartOf(one.session)['a'] = 1;
    await one.commit();
    cartOf(other.session)['b'] = 2;
    await other.commit();
    cartOf(one.session)['c'] = 3;
    await one.commit();
    cartOf(other.session)['d'] = 4;
    await other.commit();
    expect(await app.dataOf(id)).toEqual({ cart: { a: 1, b: 2, c: 3, d: 4 } });
  });

  it('give update() no async function: it throws a typed error and leaves the attribute as it was', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    for (const change of [async () => 2, () => Promise.reject(new Error('its own fault'))]) {
      expect(() => opened.session.update<unknown>('n', change)).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALUE',
          message: expect.stringContaining('update("n") was given an async function') as string,
        }) as Error,
      );
    }
    // Jest fails this test for a rejection or an error that nobody handles.
    await new Promise((resolve) => setImmediate(resolve));
    expect([opened.session['n'], opened.hasChanges()]).toEqual([1, false]);
  });

  it('leave an attribute as it was where update() makes something of it that JSON cannot carry (S-74)', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    expect(() => opened.session.update<unknown>('n', () => new Map())).toThrow('n is a Map');
    expect([opened.session['n'], opened.hasChanges()]).toEqual([1, false]);
  });

  it('give up after a bounded number of tries, and say what to do', async () => {
    const app = new Application();
    const id = await app.stored({ n: 0 });
    const opened = await app.open(id);
    opened.session['n'] = 1;
    const held = (await app.record(id))!;
    let tries = 0;
    jest.spyOn(app.store, 'patch').mockImplementation(async () => ({
      conflict: { ...held, attributes: new Map([['n', String(++tries)]]) },
    }));
    await expect((async () => opened.commit())()).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFLICT',
      message: expect.stringContaining('attributes of their own') as string,
    });
    expect(tries).toBeLessThan(100);
  });
});

describe('a session after a save that was merged', () => {
  /** Two requests that hold one session: `other` commits before `mine` is saved. */
  async function merging(attributes: object, other: (session: UserSession) => void) {
    const app = new Application();
    const id = await app.stored(attributes);
    const [mine, theirs] = [await app.open(id), await app.open(id)];
    other(theirs.session);
    await theirs.commit();
    return { app, id, mine, session: mine.session };
  }
  const add =
    (step: number) =>
    (n = 0): number =>
      n + step;

  it('shows what was stored, so that a plain assignment does not lose what another request counted (S-64)', async () => {
    const { app, id, mine, session } = await merging({ n: 0 }, (s) => void s.update('n', add(10)));
    session.update('n', add(1));
    await session.save();
    expect(session['n']).toBe(11);
    session['n'] = Number(session['n']) + 1;
    await mine.commit();
    expect(await app.dataOf(id)).toEqual({ n: 12 });
  });

  it('keeps the nested objects that the application holds (S-64)', async () => {
    const { app, id, mine, session } = await merging({ cart: { items: { a: 1 } } }, (s) => {
      (s['cart'] as { items: object }).items = { b: 2, a: 1 };
    });
    const cart = session['cart'] as { items: Record<string, number> };
    const { items } = cart;
    items['c'] = 3;
    await session.save();
    expect([session['cart'], items]).toEqual([{ items }, { a: 1, b: 2, c: 3 }]);
    expect(session['cart']).toBe(cart);
    app.calls.length = 0;
    expect(mine.hasChanges()).toBe(false);
    items['d'] = 4;
    await mine.commit();
    expect(app.calls).toEqual(['patch']);
    expect(await app.dataOf(id)).toEqual({ cart: { items: { a: 1, b: 2, c: 3, d: 4 } } });
  });

  it('shows also the other attributes that others changed, added and removed', async () => {
    const { app, session } = await merging({ n: 0, theme: 'dark', old: 1 }, (s) => {
      Object.assign(s, { n: 5, theme: 'light', fresh: { a: 1 } });
      delete s['old'];
    });
    session['n'] = 1;
    await session.save();
    expect({ ...session }).toEqual({ n: 1, theme: 'light', fresh: { a: 1 } });
    app.calls.length = 0;
    await session.save();
    expect(app.calls).toEqual(['patch']);
  });

  it('shows the removal that won', async () => {
    const { session } = await merging({ user: { seen: 0 } }, (s) => void (s['user'] = null));
    (session['user'] as { seen: number }).seen = 1;
    await session.save();
    expect({ ...session }).toEqual({ user: null });
  });

  it('keeps what the application has changed while the save was under way, and merges it next', async () => {
    const { app, id, mine, session } = await merging({ n: 0, cart: {}, m: 0 }, (s) => {
      s.update('n', add(10));
      (s['cart'] as Record<string, number>)['theirs'] = 1;
      s['m'] = 10;
    });
    session.update('n', add(1));
    (session['cart'] as Record<string, number>)['mine'] = 1;
    session['m'] = 1;
    const saving = session.save();
    session.update('n', add(100));
    (session['cart'] as Record<string, number>)['since'] = 1;
    session['m'] = 2;
    await saving;
    expect([session['n'], session['m']]).toEqual([101, 2]);
    await mine.commit();
    expect(await app.dataOf(id)).toEqual({ n: 111, cart: { theirs: 1, mine: 1, since: 1 }, m: 2 });
    expect({ ...session }).toEqual({ n: 111, cart: { theirs: 1, mine: 1, since: 1 }, m: 2 });
  });

  it('shows what was stored also where the save moved it to a new id', async () => {
    const { app, mine, session } = await merging({ n: 0, cart: { a: 1 } }, (s) => {
      s.update('n', add(10));
      s['fresh'] = true;
    });
    const cart = session['cart'] as Record<string, number>;
    await session.regenerate({ keep: 'all' });
    session.update('n', add(1));
    await session.save();
    expect({ ...session }).toEqual({ n: 11, cart: { a: 1 }, fresh: true });
    cart['b'] = 2;
    session['n'] = Number(session['n']) + 1;
    await mine.commit();
    expect(await app.dataOf(mine.id)).toEqual({ n: 12, cart: { a: 1, b: 2 }, fresh: true });
  });
});

describe('a write whose outcome was not told', () => {
  const add =
    (step: number) =>
    (n = 0): number =>
      n + step;
  /** The store carries out the next `times` writes of a kind, and fails as if it had not responded. */
  const lost = (app: Application, method: 'patch' | 'rekey', times = 1): void => {
    const original = app.store[method].bind(app.store) as (...args: unknown[]) => Promise<unknown>;
    const spy = jest.spyOn(app.store, method) as unknown as jest.SpiedFunction<
      (...args: unknown[]) => Promise<unknown>
    >;
    for (let time = 0; time < times; time++) {
      spy.mockImplementationOnce(async (...args) => {
        await original(...args);
        throw new Error('no answer in time');
      });
    }
  };
  const failedSave = async ({ session }: OpenSession): Promise<void> => {
    await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
  };
  const opening = async (attributes: object) => {
    const app = new Application();
    const id = await app.stored(attributes);
    return { app, id, opened: await app.open(id), other: await app.open(id) };
  };

  it('counts once with update(): what was applied does not run again', async () => {
    const { app, id, opened } = await opening({ n: 5 });
    opened.session.update('n', add(1));
    lost(app, 'patch');
    await failedSave(opened);
    app.clock.advance(seconds(2));
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 6 });
    expect(opened.session['n']).toBe(6);
  });

  it('counts once also what was counted, set and added since', async () => {
    const { app, id, opened } = await opening({ n: 5, m: 0, cart: {} });
    opened.session.update('n', add(1));
    opened.session.update('m', add(1));
    lost(app, 'patch');
    await failedSave(opened);
    opened.session.update('n', add(10));
    opened.session['m'] = 7;
    opened.session['cart'] = { a: 1 };
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 16, m: 7, cart: { a: 1 } });
  });

  it('counts once where what was applied was set back since', async () => {
    const { app, id, opened } = await opening({ n: 5, m: 0 });
    opened.session.update('n', add(1));
    opened.session.update('m', add(1));
    lost(app, 'patch');
    await failedSave(opened);
    opened.session['m'] = 0;
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 6, m: 0 });
  });

  it('counts once after several of them', async () => {
    const { app, id, opened } = await opening({ n: 5 });
    lost(app, 'patch', 3);
    for (let save = 0; save < 3; save++) {
      opened.session.update('n', add(1));
      await failedSave(opened);
      app.clock.advance(1);
    }
    opened.session.update('n', add(1));
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 9 });
  });

  it('counts once upon what another request counted before', async () => {
    const { app, id, opened, other } = await opening({ n: 5 });
    other.session.update('n', add(100));
    await other.commit();
    opened.session.update('n', add(1));
    const { patch } = app.store;
    jest
      .spyOn(app.store, 'patch')
      .mockImplementationOnce((...args) => patch.apply(app.store, args))
      .mockImplementationOnce(async (...args) => {
        await patch.apply(app.store, args);
        throw new Error('no answer in time');
      });
    await failedSave(opened);
    opened.session.update('n', add(10));
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 116 });
  });

  it('counts once where the session is given a new id then', async () => {
    const { app, opened } = await opening({ n: 5 });
    opened.session.update('n', add(1));
    lost(app, 'patch');
    await failedSave(opened);
    opened.session.update('n', add(10));
    await opened.session.regenerate({ keep: 'all' });
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({ n: 16 });
  });

  it('counts what another request wrote instead, and what was not applied', async () => {
    const { app, id, opened, other } = await opening({ n: 5 });
    opened.session.update('n', add(1));
    jest.spyOn(app.store, 'patch').mockRejectedValueOnce(new Error('down'));
    await failedSave(opened);
    app.clock.advance(1);
    other.session.update('n', add(1));
    await other.commit();
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 7 });
  });
});

describe('a session that was ended while a request holds it', () => {
  async function ended() {
    const app = new Application();
    const id = await app.stored({ userId: 'u1' });
    const slow = await app.open(id);
    await (await app.open(id)).session.destroy();
    app.calls.length = 0;
    return { app, id, slow };
  }

  it('is not written, not made again, and no cookie is sent or cleared (S-43)', async () => {
    const { app, slow } = await ended();
    slow.session['n'] = 1;
    expect(await slow.commit()).toBe('none');
    expect(await slow.commit()).toBe('none');
    expect([app.calls, app.store.size, slow.hasChanges()]).toEqual([['patch'], 0, false]);
  });

  it('tells who saves explicitly, each time', async () => {
    const { slow } = await ended();
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('cannot be reloaded', async () => {
    const { slow } = await ended();
    await expect(slow.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('can be destroyed again without a fault', async () => {
    const { slow } = await ended();
    await slow.session.destroy();
    expect(await slow.commit()).toBe('clear');
  });

  it('with regenerate begins anew where nothing is kept: two logins by one double click both work', async () => {
    const { app, id, slow } = await ended();
    await slow.session.regenerate();
    slow.session['userId'] = 'u2';
    expect(await slow.commit()).toBe('send');
    expect(await everything(app, [id, slow.id])).toEqual([null, { userId: 'u2' }]);
    expect(app.calls).toEqual(['rekey', 'create']);
  });

  it.each<[string, 'all' | string[]]>([
    ["'all'", 'all'],
    ['names', ['userId']],
  ])('with regenerate({ keep: %s }) does not come back under a new id (S-43)', async (_, keep) => {
    const { app, slow } = await ended();
    await slow.session.regenerate({ keep });
    expect(await slow.commit()).toBe('none');
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    expect(app.store.size).toBe(0);
  });

  it('does not come back by regenerate({ keep }) either, once a save has found out that it is gone (S-43)', async () => {
    const { app, slow } = await ended();
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await slow.session.regenerate({ keep: 'all' }).catch(() => undefined);
    await Promise.resolve(slow.commit()).catch(() => undefined);
    const held = app.store.size === 0 ? null : await app.dataOf(slow.id);
    expect(held ?? {}).not.toHaveProperty('userId');
  });

  it('begins anew by regenerate() once a save has found out that it is gone', async () => {
    const { app, slow } = await ended();
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await slow.session.regenerate();
    slow.session['userId'] = 'u2';
    expect(await slow.commit()).toBe('send');
    expect(await app.dataOf(slow.id)).toEqual({ userId: 'u2' });
  });

  it('was given a new id by another request: the changes of the slow one follow nobody (S-9)', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 1 });
    const [slow, login] = [await app.open(id), await app.open(id)];
    await login.session.regenerate({ keep: 'all' });
    await login.commit();
    slow.session['cart'] = 2;
    expect(await slow.commit()).toBe('none');
    expect(await everything(app, [id, login.id])).toEqual([null, { cart: 1 }]);
  });
});

describe('ids', () => {
  const sequence = (...ids: SessionId[]): (() => SessionId) & { made: () => number } => {
    let made = 0;
    return Object.assign(() => ids[Math.min(made++, ids.length - 1)]!, { made: () => made });
  };

  it('are made only when they are needed', async () => {
    const newId = jest.fn(newSessionId);
    const app = new Application({ newId });
    const opened = await app.open();
    await opened.commit();
    expect(newId).not.toHaveBeenCalled();
    expect(opened.session.id).toBe(opened.session.id);
    expect(newId).toHaveBeenCalledTimes(1);
  });

  it('are made with what the request brought', async () => {
    const newId = jest.fn(newSessionId);
    const request = { url: '/' };
    void (await new Application({ newId }).open(undefined, { context: request })).session.id;
    expect(newId).toHaveBeenCalledWith(request);
  });

  it('that were only read while a new one failed are not taken for the new one (S-9)', async () => {
    const opened: { session: { id: string } }[] = [];
    const read: unknown[] = [];
    const next = newSessionId();
    const newId = jest.fn(() => {
      read.push(opened[0]!.session.id);
      if (read.length === 1) throw new Error('no id');
      return next;
    });
    const earlier = new Application();
    const id = await earlier.stored({ n: 1 });
    const found = await earlier.restarted({ newId }).open(id);
    opened.push(found);
    await found.session.regenerate();
    expect(() => found.session.id).toThrow('no id');
    expect(found.session.id).toBe(next);
    expect(read).toEqual([id, id]);
  });

  it('that are in use are replaced, and the other session is left alone (S-12)', async () => {
    const taken = newSessionId();
    const free = newSessionId();
    const app = new Application({ newId: sequence(taken, taken, taken, free) });
    expect(await app.stored({ owner: 'first' })).toBe(taken);
    const second = await app.open();
    second.session['owner'] = 'second';
    expect(await second.commit()).toBe('send');
    expect(second.session.id).toBe(free);
    expect(await everything(app, [taken, free])).toEqual([{ owner: 'first' }, { owner: 'second' }]);
  });

  it('that are always the same end in an error that names genid, never the id (S-12)', async () => {
    const taken = newSessionId();
    const app = new Application({ newId: () => taken });
    await app.stored({ owner: 'first' });
    const second = await app.open();
    second.session['owner'] = 'second';
    const failed = await (async () => second.commit())().then(
      () => null,
      (error: unknown) => error as Error,
    );
    expect(failed).toMatchObject({
      code: 'ERR_SESSION_ID',
      message: expect.stringContaining('genid') as string,
    });
    expect(failed!.message).not.toContain(taken);
    expect(await app.dataOf(taken)).toEqual({ owner: 'first' });
  });

  it('of a regenerated session are never the old one, even if genid repeats itself (S-9)', async () => {
    const [old, next] = [newSessionId(), newSessionId()];
    const app = new Application({ newId: sequence(old, old, next) });
    await app.stored({ n: 1 });
    const opened = await app.open(old);
    await opened.session.regenerate({ keep: 'all' });
    expect(await opened.commit()).toBe('send');
    expect(opened.session.id).toBe(next);
    expect(await everything(app, [old, next])).toEqual([null, { n: 1 }]);
  });
});

describe('regenerate', () => {
  it('gives a new id; the old one is dead with the next commit, in one call (S-9)', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 'full', theme: 'dark' });
    const opened = await app.open(id);
    await opened.session.regenerate();
    expect(opened.session.isNew).toBe(true);
    expect(opened.session.id).not.toBe(id);
    opened.session['userId'] = 'u1';
    expect(await opened.commit()).toBe('send');
    expect(await everything(app, [id, opened.id])).toEqual([null, { userId: 'u1' }]);
    expect(app.calls).toEqual(['load', 'rekey']);
  });

  it.each<[string, string[] | 'all' | undefined, object]>([
    ['keeps nothing by default (S-61)', undefined, {}],
    ['keeps nothing where the list is empty', [], {}],
    ['keeps the named attributes', ['cart', '$x'], { cart: 'full', $$x: 1 }],
    ['keeps everything where it is told to', 'all', { cart: 'full', theme: 'dark', $$x: 1 }],
    ['does not mind names that are not there', ['nothing', 'toString'], {}],
    ['does not keep a name because another contains it', ['cart-old', 'themes'], {}],
  ])('%s', async (_, keep, expected) => {
    const app = new Application();
    const opened = await app.open(await app.stored({ cart: 'full', theme: 'dark', $x: 1 }));
    await opened.session.regenerate(keep === undefined ? {} : { keep });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual(expected);
  });

  it('keeps what was changed before it', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ cart: 1 }));
    opened.session['cart'] = 2;
    opened.session['added'] = 3;
    await opened.session.regenerate({ keep: ['cart', 'added'] });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({ cart: 2, added: 3 });
  });

  it('of a visitor without a record makes one', async () => {
    const app = new Application();
    const opened = await app.open();
    const before = opened.session.id;
    await opened.session.regenerate();
    expect(await opened.commit()).toBe('send');
    expect(opened.id).not.toBe(before);
    expect(await app.dataOf(opened.id)).toEqual({});
  });

  it('leaves the variable that a controller holds good: what is written to it afterwards is saved', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    const { session } = opened;
    await session.regenerate();
    session['n'] = 2;
    await session.save();
    session['m'] = 3;
    await opened.commit();
    expect(opened.session).toBe(session);
    expect(await app.dataOf(opened.id)).toEqual({ n: 2, m: 3 });
  });

  it('begins the absolute life again, and the new session outlives the old one (S-36)', async () => {
    const app = new Application({ absoluteMs: hours(1), idleMs: hours(1) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(50));
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: ['n'] });
    await opened.commit();
    expect(opened.session.createdAt).toBe(app.clock.now());
    app.clock.advance(minutes(59));
    expect((await app.open(opened.id)).session.isNew).toBe(false);
  });

  it('with all that it holds goes on with its absolute life and its own lifetime (S-35)', async () => {
    const app = new Application({ absoluteMs: hours(1), idleMs: hours(1) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(50));
    const opened = await app.open(id);
    opened.session.cookie.maxAge = minutes(30);
    await opened.session.regenerate({ keep: 'all' });
    await opened.commit();
    expect((await app.open(opened.id)).session.cookie.originalMaxAge).toBe(minutes(30));
    app.clock.advance(minutes(10));
    expect((await app.open(opened.id)).session.isNew).toBe(true);
  });

  it('twice makes one new session', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: 'all' });
    const between = opened.id;
    await opened.session.regenerate({ keep: 'all' });
    await opened.commit();
    expect(app.store.size).toBe(1);
    expect(await everything(app, [id, between, opened.id])).toEqual([null, null, { n: 1 }]);
  });

  it('twice, with a save between them, leaves one session', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.regenerate({ keep: 'all' });
    await opened.session.save();
    await opened.session.regenerate({ keep: 'all' });
    expect(await opened.commit()).toBe('send');
    expect(app.store.size).toBe(1);
    expect(await app.dataOf(opened.id)).toEqual({ n: 1 });
  });

  it('that keeps nothing begins anew, also after one that kept and whose record is gone', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await (await app.open(id)).session.destroy();
    await opened.session.regenerate({ keep: 'all' });
    await opened.session.regenerate();
    opened.session['userId'] = 'u2';
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({ userId: 'u2' });
  });

  it('and destroy after it remove the old record and clear the cookie', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.regenerate();
    await opened.session.destroy();
    expect(await opened.commit()).toBe('clear');
    expect(app.store.size).toBe(0);
  });

  it('after destroy begins a new session', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await opened.session.destroy();
    await opened.session.regenerate();
    opened.session['flash'] = 'bye';
    expect(await opened.commit()).toBe('send');
    expect(await everything(app, [id, opened.id])).toEqual([null, { flash: 'bye' }]);
  });

  it('is refused when the headers are out, and the session stays as it is', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id, { channel: 'sent' });
    await expect(opened.session.regenerate()).rejects.toMatchObject({ code: 'ERR_SESSION_SENT' });
    expect([opened.session.id, { ...opened.session }]).toEqual([id, { n: 1 }]);
  });

  it('is carried out over an insecure connection though the cookie is lost: better logged out than on a known id', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id, { channel: 'insecure' });
    await opened.session.regenerate();
    expect(await opened.commit()).toBe('none');
    expect(await app.dataOf(id)).toBeNull();
  });
});

describe('a new id beside other requests', () => {
  /** Two requests that hold the session {role, cart, theme}: one will move it, the other changes it before. */
  const meeting = async (
    keep: readonly string[] | 'all',
    others: (session: UserSession) => void,
    mine: (session: UserSession) => void = () => undefined,
  ): Promise<{ app: Application; login: OpenSession }> => {
    const app = new Application();
    const id = await app.stored({ role: 'admin', cart: { a: 1, b: 1 }, theme: 'dark', n: 1 });
    const [login, other] = [await app.open(id), await app.open(id)];
    await login.session.regenerate({ keep });
    mine(login.session);
    others(other.session);
    await other.commit();
    expect(await login.commit()).toBe('send');
    expect(await app.dataOf(id)).toBeNull();
    return { app, login };
  };

  it('carries along what they changed in the kept attributes, and nothing of the others', async () => {
    const { app, login } = await meeting(['role', 'n'], (session) => {
      session['role'] = 'guest';
      session['theme'] = 'light';
      session['fresh'] = true;
    });
    expect(await app.dataOf(login.id)).toEqual({ role: 'guest', n: 1 });
  });

  it('carries along what they added and removed, where all is kept', async () => {
    const { app, login } = await meeting('all', (session) => {
      delete session['role'];
      session['fresh'] = true;
    });
    expect(await app.dataOf(login.id)).toEqual({ cart: { a: 1, b: 1 }, theme: 'dark', n: 1, fresh: true });
  });

  it('merges both leaf by leaf, and runs functions again', async () => {
    const { app, login } = await meeting(
      ['cart', 'n'],
      (session) => {
        (session['cart'] as Record<string, number>)['a'] = 2;
        session.update<number>('n', (n = 0) => n + 10);
      },
      (session) => {
        (session['cart'] as Record<string, number>)['c'] = 3;
        session.update<number>('n', (n = 0) => n + 1);
        session['userId'] = 'u1';
      },
    );
    expect(await app.dataOf(login.id)).toEqual({ cart: { a: 2, b: 1, c: 3 }, n: 12, userId: 'u1' });
  });

  it('does not undo their changes by a later save of the same request', async () => {
    const { app, login } = await meeting('all', (session) => (session['role'] = 'guest'));
    login.session['userId'] = 'u1';
    await login.session.save();
    expect(await app.dataOf(login.id)).toMatchObject({ role: 'guest', userId: 'u1' });
  });

  it('takes nothing of theirs where nothing is kept, and asks the store once', async () => {
    const { app, login } = await meeting([], (session) => (session['role'] = 'guest'));
    expect(await app.dataOf(login.id)).toEqual({});
    expect(app.calls.filter((call) => call === 'rekey')).toHaveLength(1);
  });

  it('carries along a lifetime that they gave the session', async () => {
    const { app, login } = await meeting('all', (session) => (session.cookie.maxAge = hours(2)));
    const { expiresAt, touchedAt } = (await app.record(login.id))!;
    expect(expiresAt - touchedAt).toBe(hours(2));
  });

  it('gives up where they change the session again and again, and ends the old id all the same', async () => {
    const app = new Application();
    const id = await app.stored({ n: 0 });
    const login = await app.open(id);
    await login.session.regenerate({ keep: 'all' });
    const { rekey } = app.store;
    app.store.rekey = async (from, to, record, revision) => {
      const other = await app.open(id);
      other.session['n'] = Number(other.session['n']) + 1;
      await other.commit();
      return rekey.call(app.store, from, to, record, revision);
    };
    await expect((async () => login.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' });
    expect(await app.dataOf(id)).toBeNull();
    expect(app.store.size).toBe(0);
  });
});

describe('the old id after regenerate() is dead at the end of the request (S-9)', () => {
  const regenerated = async (keep: readonly string[] | 'all' = 'all') => {
    const app = new Application();
    const id = await app.stored({ role: 'admin' });
    const opened = await app.open(id);
    await opened.session.regenerate({ keep });
    app.calls.length = 0;
    return { app, id, opened };
  };
  const commit = async (opened: OpenSession): Promise<unknown> => opened.commit();

  it.each([
    ['kept', false],
    ['destroyed', true],
  ])('where the session is released afterwards and its record %s', async (_, destroy) => {
    const { app, id, opened } = await regenerated();
    opened.release(destroy);
    expect(await opened.commit()).toBe('clear');
    await opened.commit();
    expect([await app.dataOf(id), app.store.size, app.calls]).toEqual([null, 0, ['delete']]);
  });

  it('where save() fails, the failure is caught, and the session is released', async () => {
    const { app, id, opened } = await regenerated();
    jest.spyOn(app.store, 'rekey').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    opened.release(false);
    expect(await opened.commit()).toBe('clear');
    expect(await app.dataOf(id)).toBeNull();
  });

  it('where a failed save() is tried again: nothing that was to be kept is lost', async () => {
    const { app, id, opened } = await regenerated();
    jest.spyOn(app.store, 'rekey').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await opened.commit()).toBe('send');
    expect([await app.dataOf(id), await app.dataOf(opened.id)]).toEqual([null, { role: 'admin' }]);
  });

  it.each<[string, (app: Application, opened: OpenSession) => void, string]>([
    [
      'the store fails',
      (app) => jest.spyOn(app.store, 'rekey').mockRejectedValueOnce(new Error('down')),
      'STORE',
    ],
    ['an attribute cannot be stored', (_, { session }) => (session['big'] = 1n), 'VALUE'],
    [
      'the removal of a released session fails once',
      (app, opened) => {
        opened.release(false);
        jest.spyOn(app.store, 'delete').mockRejectedValueOnce(new Error('down'));
      },
      'STORE',
    ],
  ])('where the commit fails because %s', async (_, prepare, code) => {
    const { app, id, opened } = await regenerated();
    prepare(app, opened);
    await expect(commit(opened)).rejects.toMatchObject({ code: `ERR_SESSION_${code}` });
    expect([await app.dataOf(id), app.store.size]).toEqual([null, 0]);
  });

  it('and the commit fails with its own error where the store refuses the removal too', async () => {
    const { app, opened } = await regenerated();
    opened.session['big'] = 1n;
    jest.spyOn(app.store, 'delete').mockImplementation(() => {
      throw new Error('down');
    });
    await expect(commit(opened)).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
  });

  it('where the request ends without a response', async () => {
    const { app, id, opened } = await regenerated();
    await app.closeLast();
    expect([await app.dataOf(id), app.store.size]).toEqual([null, 0]);
    expect(opened.isAlive).toBe(true);
  });

  it('without another call where the commit had moved the record', async () => {
    const { app, opened } = await regenerated();
    await opened.commit();
    await app.closeLast();
    expect(app.calls).toEqual(['rekey']);
  });
});

describe('save', () => {
  it('and the commit after it write once', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session['n'] = 2;
    await opened.session.save();
    expect(await app.dataOf(id)).toEqual({ n: 2 });
    expect(await opened.commit()).toBe('none');
    expect(app.calls).toEqual(['load', 'patch']);
  });

  it('and the commit after it write once also for a new session, whose cookie is sent', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    await opened.session.save();
    expect(await opened.commit()).toBe('send');
    expect(app.calls).toEqual(['create']);
  });

  it('makes a record of a session without attributes', async () => {
    const app = new Application();
    const opened = await app.open();
    await opened.session.save();
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({});
  });

  it('without changes moves the expiry', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(1);
    await (await app.open(id)).session.save();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it('does what was asked in the order in which it was asked, awaited or not', async () => {
    const app = new Application();
    const opened = await app.open();
    const { session } = opened;
    session['n'] = 1;
    void session.save();
    session['n'] = 2;
    void session.regenerate({ keep: 'all' });
    session['n'] = 3;
    void session.save();
    expect(await opened.commit()).toBe('send');
    expect(app.store.size).toBe(1);
    expect(await app.dataOf(opened.id)).toEqual({ n: 3 });
  });
});

describe('destroy', () => {
  it('removes the record at once, and the commit clears the cookie without another call (S-42)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await opened.session.destroy();
    expect(await app.dataOf(id)).toBeNull();
    expect(opened.isAlive).toBe(false);
    expect(await opened.commit()).toBe('clear');
    expect(app.calls).toEqual(['load', 'delete']);
  });

  it('is not undone by what is written to the session afterwards (S-43)', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.destroy();
    opened.session['n'] = 2;
    opened.session.touch();
    await opened.commit();
    expect([app.store.size, opened.hasChanges()]).toEqual([0, false]);
  });

  it('of a visitor clears a dead cookie and nothing else', async () => {
    const app = new Application();
    const [without, dead] = [await app.open(), await app.open(undefined, { presented: true })];
    await without.session.destroy();
    await dead.session.destroy();
    expect([await without.commit(), await dead.commit()]).toEqual(['none', 'clear']);
    expect(app.calls).toEqual([]);
  });

  it('that fails is tried again by the commit, and the cookie is cleared then (S-42)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    jest.spyOn(app.store, 'delete').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.destroy()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await app.dataOf(id)).toEqual({ n: 1 });
    expect(await opened.commit()).toBe('clear');
    expect(await app.dataOf(id)).toBeNull();
  });

  it('waits for a save that is under way, and wins', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    void opened.session.save();
    await opened.session.destroy();
    expect(app.store.size).toBe(0);
  });
});

describe('reload', () => {
  it('drops changes and reads what other requests have saved', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1, mine: 1 });
    const opened = await app.open(id);
    opened.session['mine'] = 2;
    opened.session['new'] = 3;
    const other = await app.open(id);
    other.session['n'] = 2;
    await other.commit();
    await opened.session.reload();
    expect({ ...opened.session }).toEqual({ n: 2, mine: 1 });
    expect(await opened.commit()).toBe('none');
  });

  it('leaves the variable that a controller holds good: what is written to it afterwards is saved', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    const { session } = opened;
    await session.reload();
    session['n'] = 2;
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('is refused under a new id that was not saved yet, which stays as it is: the session never has an id that leads elsewhere', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await opened.session.regenerate();
    opened.session['n'] = 2;
    const next = opened.session.id;
    await expect(opened.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    expect([opened.session.id, { ...opened.session }]).toEqual([next, { n: 2 }]);
    expect(await opened.commit()).toBe('send');
    expect(await everything(app, [id, opened.id])).toEqual([null, { n: 2 }]);
  });

  it('reads a new id that was saved', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.regenerate({ keep: 'all' });
    await opened.session.save();
    opened.session['n'] = 2;
    await opened.session.reload();
    expect({ ...opened.session }).toEqual({ n: 1 });
    expect(await opened.commit()).toBe('send');
  });

  it.each<[string, (app: Application, id: SessionId, opened: OpenSession) => Promise<unknown>]>([
    ['ended by another request', async (app, id) => (await app.open(id)).session.destroy()],
    ['ended by this request', async (_, __, opened) => opened.session.destroy()],
    ['over meanwhile', async (app) => app.clock.advance(minutes(10))],
  ])('tells of a session that was %s', async (_, end) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await end(app, id, opened);
    await expect(opened.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('tells of a session that was never stored', async () => {
    await expect((await new Application().open()).session.reload()).rejects.toMatchObject({
      code: 'ERR_SESSION_GONE',
    });
  });

  it('that fails leaves the session as it was', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session['n'] = 2;
    jest.spyOn(app.store, 'load').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect({ ...opened.session }).toEqual({ n: 2 });
  });
});

describe('a store that fails', () => {
  const failing: ['create' | 'patch' | 'rekey' | 'delete', (app: Application) => Promise<OpenSession>][] = [
    [
      'create',
      async (app) => {
        const o = await app.open();
        o.session['n'] = 1;
        return o;
      },
    ],
    [
      'patch',
      async (app) => {
        const o = await app.open(await app.stored({ n: 1 }));
        o.session['n'] = 2;
        return o;
      },
    ],
    [
      'rekey',
      async (app) => {
        const o = await app.open(await app.stored({ n: 1 }));
        await o.session.regenerate();
        return o;
      },
    ],
    [
      'delete',
      async (app) => {
        const o = await app.open(await app.stored({ n: 1 }));
        o.release(true);
        return o;
      },
    ],
  ];

  it.each(failing)('at %s is told with the cause, and without key or id (S-68)', async (method, prepare) => {
    const app = new Application();
    const opened = await prepare(app);
    const cause = new Error(`redis://user:pass@host ${sessionKey(opened.id)} ${opened.id}`);
    jest.spyOn(app.store, method).mockRejectedValueOnce(cause);
    await expect((async () => opened.commit())()).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      cause,
      message: `The session store failed to ${method} a session.`,
    });
  });

  it.each(failing)('at %s by a throw is told in the same way', async (method, prepare) => {
    const app = new Application();
    const opened = await prepare(app);
    jest.spyOn(app.store, method).mockImplementationOnce(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a store may throw anything
      throw 'no error at all';
    });
    await expect((async () => opened.commit())()).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      cause: 'no error at all',
    });
  });

  it.each(failing)('at %s loses nothing: the next commit does it', async (method, prepare) => {
    const app = new Application();
    const opened = await prepare(app);
    jest.spyOn(app.store, method).mockRejectedValueOnce(new Error('down'));
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await opened.commit()).toBe(method === 'delete' ? 'clear' : method === 'patch' ? 'none' : 'send');
    expect(app.store.size).toBe(method === 'delete' ? 0 : 1);
    if (method === 'patch') expect(await app.dataOf(opened.id)).toEqual({ n: 2 });
  });
});

describe('a request that goes on while the store fails', () => {
  const without = async (): Promise<{ app: Application; opened: OpenSession; id: SessionId }> => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const load = jest.spyOn(app.store, 'load').mockRejectedValueOnce(new Error('down'));
    const opened = await app.open(id, { goesOnWithout: true });
    load.mockRestore();
    app.calls.length = 0;
    return { app, opened, id };
  };

  it('has an empty session that says so, and the browser keeps its cookie (S-69)', async () => {
    const { app, opened, id } = await without();
    expect({ ...opened.session }).toEqual({});
    expect([opened.session.isAvailable, opened.session.isNew]).toEqual([false, true]);
    expect(await opened.commit()).toBe('none');
    expect(app.calls).toEqual([]);
    expect(await app.dataOf(id)).toEqual({ n: 1 });
    expect((await app.open(id)).session.isAvailable).toBe(true);
  });

  it.each<[string, (session: UserSession) => unknown]>([
    ['save', (session) => session.save()],
    ['regenerate', (session) => session.regenerate()],
    ['destroy', (session) => session.destroy()],
    ['reload', (session) => session.reload()],
  ])('cannot %s it', async (_, use) => {
    const { app, opened, id } = await without();
    await expect(use(opened.session)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await opened.commit()).toBe('none');
    expect(app.calls).toEqual([]);
    expect(await app.dataOf(id)).toEqual({ n: 1 });
  });

  it.each<[string, (opened: OpenSession) => void]>([
    ['changes it', ({ session }) => (session['n'] = 2)],
    ['changes its cookie', ({ session }) => (session.cookie.maxAge = 1000)],
    ['ends it', (opened) => opened.release(true)],
  ])('is refused where it %s: nothing is lost silently', async (_, use) => {
    const { app, opened, id } = await without();
    use(opened);
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(app.calls).toEqual([]);
    expect(await app.dataOf(id)).toEqual({ n: 1 });
  });

  it('may let go of it', async () => {
    const { app, opened } = await without();
    opened.release(false);
    expect(await opened.commit()).toBe('none');
    expect(app.calls).toEqual([]);
  });

  it('is told of what is not the fault of the store', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    jest
      .spyOn(app.store, 'load')
      .mockRejectedValueOnce(new SessionError('ERR_SESSION_NAME', 'a name that cannot be kept'));
    await expect((async () => app.open(id, { goesOnWithout: true }))()).rejects.toMatchObject({
      code: 'ERR_SESSION_NAME',
    });
  });
});

describe('a touch that fails', () => {
  const due = async (): Promise<{ app: Application; opened: OpenSession }> => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(2));
    const opened = await app.open(id);
    jest.spyOn(app.store, 'patch').mockRejectedValueOnce(new Error('down'));
    return { app, opened };
  };

  it('is no reason to refuse an answer', async () => {
    const { app, opened } = await due();
    expect(await opened.commit()).toBe('none');
    expect(app.events).toHaveLength(1);
  });

  it('is one where the application asked for it', async () => {
    const { opened } = await due();
    opened.session.touch();
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
  });
});

describe('session.cookie.maxAge of one session', () => {
  it('changes its expiry, and persists', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(2);
    expect(await opened.commit()).toBe('send');
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(2));
    app.clock.advance(hours(1));
    const { session } = await app.open(id);
    expect([session.isNew, session.cookie.originalMaxAge, session.cookie.maxAge]).toEqual([
      false,
      hours(2),
      hours(1),
    ]);
  });

  it('is set before the first save and persists as well', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    opened.session.cookie.maxAge = hours(2);
    expect(opened.session.expiresAt).toBe(app.clock.now() + hours(2));
    await opened.commit();
    expect((await app.open(opened.id)).session.cookie.originalMaxAge).toBe(hours(2));
    expect((await app.record(opened.id))?.expiresAt).toBe(app.clock.now() + hours(2));
  });

  it('counts anew with each touch', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(2);
    await opened.commit();
    app.clock.advance(hours(1));
    await (await app.open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(2));
  });

  it.each([
    ['longer', hours(2)],
    ['shorter', minutes(2)],
  ])('survives a touch by another request that had opened the session before (%s)', async (_, maxAge) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.cookie.maxAge = maxAge;
    await one.commit();
    app.clock.advance(minutes(1));
    other.session.touch();
    await other.commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + maxAge);
    expect((await app.open(id)).session.cookie.originalMaxAge).toBe(maxAge);
  });

  it('survives a change by another request that had opened the session before', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.cookie.maxAge = hours(2);
    await one.commit();
    other.session['n'] = 2;
    await other.commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(2));
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('does not reach beyond the absolute life (S-35)', async () => {
    const app = new Application({ absoluteMs: hours(1) });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = days(30);
    await opened.commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(1));
  });

  it('can be given up again: the session follows the options', async () => {
    const app = new Application({ cookie: { maxAge: minutes(10) } });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(2);
    await opened.session.save();
    opened.session.cookie.maxAge = minutes(10);
    await opened.commit();
    const record = await app.record(id);
    expect(record?.expiresAt).toBe(app.clock.now() + minutes(10));
    expect([...record!.attributes.keys()]).toEqual(['n']);
  });

  it('is dropped with the attributes by regenerate()', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.cookie.maxAge = hours(2);
    await opened.session.save();
    await opened.session.regenerate();
    await opened.commit();
    expect((await app.record(opened.id))?.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it('leaves a request that only reads without a write, also after two requests set different settings', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.cookie.path = '/shop';
    other.session.cookie.maxAge = hours(2);
    await one.commit();
    await other.commit();
    app.calls.length = 0;
    const reading = await app.open(id);
    expect([reading.session.cookie.path, reading.session.cookie.originalMaxAge]).toEqual(['/shop', hours(2)]);
    expect(reading.hasChanges()).toBe(false);
    await reading.commit();
    expect(app.calls).toEqual(['load']);
  });
});

describe('cookie settings that were saved before a commit fails', () => {
  it('go out with the error', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.cookie.path = '/app';
    await opened.session.save();
    opened.session['list'] = new Set();
    expect(() => opened.commit()).toThrow(/is a Set/);
    expect(opened.cookieAfterFailure()).toBe('send');
  });

  it('stay where they are not saved: the browser keeps what the store holds', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.cookie.path = '/app';
    opened.session['list'] = new Set();
    expect(() => opened.commit()).toThrow(/is a Set/);
    expect(opened.cookieAfterFailure()).toBe('none');
  });
});

describe('timeouts that are changed while sessions live', () => {
  it('a shorter absolute life reaches them (S-35)', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(hours(1));
    expect((await app.restarted({ absoluteMs: hours(2) }).open(id)).session.isNew).toBe(false);
    expect((await app.restarted({ absoluteMs: hours(1) }).open(id)).session.isNew).toBe(true);
  });

  it('a shorter idle timeout reaches those that were unused for longer (S-34)', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(10));
    expect((await app.restarted({ idleMs: minutes(11) }).open(id)).session.isNew).toBe(false);
    expect((await app.restarted({ idleMs: minutes(10) }).open(id)).session.isNew).toBe(true);
  });

  it('a shorter idle timeout reaches those in use with their next touch (S-34)', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(1));
    await (await app.restarted({ idleMs: minutes(5) }).open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + minutes(5));
  });

  it('a shorter idle timeout leaves a session its own lifetime', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(4);
    await opened.commit();
    app.clock.advance(hours(1));
    expect((await app.restarted({ idleMs: minutes(5) }).open(id)).session.isNew).toBe(false);
  });

  it('a longer idle timeout reaches those in use with their next touch', async () => {
    const app = new Application({ idleMs: minutes(10) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(5));
    await (await app.restarted({ idleMs: hours(4) }).open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(4));
  });
});

describe('a move to a new id whose outcome was not told', () => {
  /** The store does what it is asked for once, and then fails as if it had not answered. */
  const lost = (app: Application): void => {
    const { rekey } = app.store;
    jest.spyOn(app.store, 'rekey').mockImplementationOnce(async (...args) => {
      await rekey.apply(app.store, args);
      throw new Error('no answer in time');
    });
  };

  it('is found by the next save: what it carried is not lost, nor what came since', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 'full' });
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: 'all' });
    opened.session['userId'] = 'u1';
    lost(app);
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    opened.session['since'] = true;
    expect(await opened.commit()).toBe('send');
    expect(await everything(app, [id, opened.id])).toEqual([
      null,
      { cart: 'full', userId: 'u1', since: true },
    ]);
    expect(app.store.size).toBe(1);
  });

  it('is found by the next regenerate(): nothing is lost, and one record is left', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 'full' });
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: 'all' });
    opened.session.update<number>('n', (n = 0) => n + 1);
    lost(app);
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    const given = opened.id;
    await opened.session.regenerate({ keep: 'all' });
    opened.session['since'] = true;
    expect(await opened.commit()).toBe('send');
    expect(await everything(app, [id, given, opened.id])).toEqual([
      null,
      null,
      { cart: 'full', n: 1, since: true },
    ]);
    expect(app.store.size).toBe(1);
  });

  it('leaves nothing to find where it was not carried out and the session was ended', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 'full' });
    const [opened, logout] = [await app.open(id), await app.open(id)];
    await opened.session.regenerate({ keep: 'all' });
    jest.spyOn(app.store, 'rekey').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    await logout.session.destroy();
    expect(await opened.commit()).toBe('none');
    expect(app.store.size).toBe(0);
  });
});

describe('a move to a new id that meets a change, while this request goes on changing', () => {
  it('loses neither: what came after it was sent belongs to the next write', async () => {
    const app = new Application();
    const id = await app.stored({ n: 0 });
    const [moving, other] = [await app.open(id), await app.open(id)];
    await moving.session.regenerate({ keep: 'all' });
    moving.session.update<number>('n', (n = 0) => n + 1);
    other.session.update<number>('n', (n = 0) => n + 5);
    const { rekey } = app.store;
    jest.spyOn(app.store, 'rekey').mockImplementationOnce(async (...args) => {
      await other.commit();
      return rekey.apply(app.store, args);
    });
    const saving = moving.session.save();
    moving.session.update<number>('n', (n = 0) => n + 1);
    await saving;
    await moving.commit();
    expect(await app.dataOf(moving.id)).toEqual({ n: 7 });
  });
});
