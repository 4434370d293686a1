import type { EngineFeatures, LoginLimit } from '../../../lib/core/session/engine-features.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { sessionHandle, sessionKey, type SessionId } from '../../../lib/core/session-id.js';
import { seconds } from '../../../lib/core/util/clock.js';
import { Application, type Settings } from './application.js';

const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
type Mode = (typeof MODES)[number];
const WAYS = ['login', 'option'] as const;
type Way = (typeof WAYS)[number];

const MOST = 2;
const limitOf = (whenReached: Mode, perPrincipal: LoginLimit['perPrincipal'] = () => MOST): LoginLimit => ({
  perPrincipal,
  whenReached,
});
const REFUSED = { code: 'ERR_SESSION_LIMIT', statusCode: 429, status: 429, expose: false };
const principalOf: EngineFeatures['principalOf'] = (session) => session['user'];

/** An application with a limit, and as many sessions of `u1` as it allows. */
interface Limited {
  readonly app: Application;
  readonly way: Way;
  /** In the order of their logins. The first was used last. */
  readonly held: readonly [SessionId, SessionId];
}

async function limited(mode: Mode, way: Way, settings: Partial<Settings> = {}): Promise<Limited> {
  const option = way === 'option' ? principalOf : null;
  const app = new Application({ isOn: true, principalOf: option, limit: limitOf(mode), ...settings });
  const held = [await signedIn(app, way, 'u1'), await signedIn(app, way, 'u1')] as const;
  const used = await app.open(held[0]);
  used.session.touch();
  await used.session.save();
  app.clock.advance(seconds(1));
  app.calls.length = app.events.length = 0;
  return { app, way, held: [held[0], held[1]] };
}

/** Signs in, and stores it. */
async function signIn({ session }: OpenSession, way: Way, user: string): Promise<void> {
  if (way === 'login') {
    await session.login(user, { method: 'pwd', keep: ['cart'] });
  } else session['user'] = user;
  await session.save();
}

async function signedIn(app: Application, way: Way, user: string): Promise<SessionId> {
  const opened = await app.open();
  await signIn(opened, way, user);
  app.clock.advance(seconds(1));
  return opened.id;
}

/** What an application sees of a session. */
function viewOf({ session, isNew, isAlive }: OpenSession): unknown {
  const { handle, principal, authenticatedAt, createdAt, expiresAt, methods, cookie } = session;
  const facts = { handle, principal, authenticatedAt, createdAt, expiresAt, methods: { ...methods } };
  return { ...facts, isNew, isAlive, maxAge: cookie.maxAge, attributes: JSON.stringify(session) };
}

const liveOf = async ({ store, clock }: Application, principal: string): Promise<string[]> =>
  (await store.listByPrincipal(principal, clock.now(), 100)).map(({ key }) => key).sort();

const keysOf = (...ids: readonly SessionId[]): string[] => ids.map(sessionKey).sort();

const handleOf = (id: SessionId): string => sessionHandle(sessionKey(id));

/** What a visitor is before the login of `u1`, that is not one of its sessions. */
const VISITORS: Readonly<Record<string, (limited: Limited) => Promise<SessionId | undefined>>> = {
  'an anonymous visitor with a session': ({ app }) => app.stored({ cart: { n: 1 }, csrf: 'x' }),
  'a new visitor': async () => undefined,
  'another user': async ({ app, way }) => {
    const opened = await app.open();
    await signIn(opened, way, 'u2');
    opened.session['cart'] = { of: 'u2' };
    await opened.session.save();
    return opened.id;
  },
};

describe.each(MODES.flatMap((mode) => WAYS.map((way) => [mode, way] as const)))(
  'the limit %s and a login by %s',
  (mode, way) => {
    const isRejecting = mode === 'reject';

    it.each(Object.entries(VISITORS))('of %s', async (_, visitor) => {
      const scene = await limited(mode, way);
      const { app, held } = scene;
      const id = await visitor(scene);
      app.calls.length = app.events.length = 0;
      const opened = await app.open(id);
      const before = viewOf(opened);
      if (isRejecting) {
        await expect(signIn(opened, way, 'u1')).rejects.toMatchObject(REFUSED);
        if (way === 'option') Reflect.deleteProperty(opened.session, 'user');
        if (way === 'option' && id !== undefined && (await app.record(id))?.principal === 'u2')
          opened.session['user'] = 'u2';
        if (way === 'login') expect(viewOf(opened)).toEqual(before);
        expect(opened.session.principal).toBe(
          id === undefined ? null : ((await app.record(id))!.principal ?? null),
        );
        expect(await liveOf(app, 'u1')).toEqual(keysOf(...held));
        expect(app.store.size).toBe(held.length + (id === undefined ? 0 : 1));
        if (id !== undefined) expect(opened.id).toBe(id);
        expect(await opened.commit()).toBe('none');
        if (id !== undefined) expect((await app.open(id)).session.isNew).toBe(false);
        const refused = { sessionName: 'default', at: app.clock.now(), principal: 'u1', whenReached: mode };
        expect(app.events).toEqual([{ type: 'limit-reached', handles: [], ...refused }]);
        return;
      }
      await signIn(opened, way, 'u1');
      expect(await opened.commit()).toBe('send');
      const [victim, kept] = mode === 'evict-oldest' ? held : [held[1], held[0]];
      expect(await liveOf(app, 'u1')).toEqual(keysOf(kept, opened.id));
      expect((await app.open(victim)).session.isNew).toBe(true);
      const fact = { sessionName: 'default', at: app.clock.now(), principal: 'u1' };
      expect(app.events.filter(({ type }) => type === 'revoked' || type === 'limit-reached')).toEqual([
        { type: 'revoked', reason: 'limit', handle: handleOf(victim), ...fact },
        { type: 'limit-reached', handles: [handleOf(victim)], whenReached: mode, ...fact },
      ]);
      expect(app.events.map(({ type }) => type)).toContain('login');
    });

    it('counts no step-up, no new id and no further request of a user', async () => {
      const { app, held } = await limited(mode, way);
      const opened = await app.open(held[0]);
      await opened.session.login('u1', { method: 'otp' });
      await opened.session.save();
      await opened.session.regenerate({ keep: 'all' });
      await opened.session.save();
      opened.session['n'] = 1;
      await opened.commit();
      expect(await liveOf(app, 'u1')).toEqual(keysOf(opened.id, held[1]));
      expect(app.events.map(({ type }) => type)).not.toContain('limit-reached');
    });

    it('counts no login that replaces a session of the user: regenerate() before it', async () => {
      const { app, held } = await limited(mode, way);
      const opened = await app.open(held[0]);
      await opened.session.regenerate();
      await signIn(opened, way, 'u1');
      expect(await liveOf(app, 'u1')).toEqual(keysOf(opened.id, held[1]));
      expect(app.events.map(({ type }) => type)).not.toContain('limit-reached');
    });

    it('counts a login after regenerate() in the same request', async () => {
      const { app, held } = await limited(mode, way);
      const id = await app.stored({ cart: 1 });
      const opened = await app.open(id);
      await opened.session.regenerate({ keep: ['cart'] });
      const signingIn = signIn(opened, way, 'u1');
      if (!isRejecting) {
        await signingIn;
        expect(await liveOf(app, 'u1')).toHaveLength(MOST);
        return;
      }
      await expect(signingIn).rejects.toMatchObject(REFUSED);
      expect([opened.session['cart'], opened.session.principal]).toEqual([1, null]);
      // The response is sent as it is. The old id ends, as regenerate() promises.
      expect(await opened.commit()).toBe(way === 'option' ? 'clear' : 'send');
      expect(await app.record(id)).toBe(null);
      expect(await app.dataOf(opened.id)).toEqual(way === 'option' ? null : { cart: 1 });
      expect(await liveOf(app, 'u1')).toEqual(keysOf(...held));
    });

    it('costs no store call more than a login without a limit', async () => {
      const { app } = await limited(mode, way);
      const opened = await app.open(await app.stored({ cart: 1 }));
      if (way === 'login') await opened.session.login('u3');
      else opened.session['user'] = 'u3';
      await opened.commit();
      expect(app.calls).toEqual(['load', 'rekey']);
      expect(app.events.map(({ type }) => type)).not.toContain('limit-reached');
    });
  },
);

describe('login() that the limit refuses', () => {
  it('leaves the session exactly as it was, with what was set before and meanwhile', async () => {
    const { app } = await limited('reject', 'login', { cookie: { maxAge: seconds(500) } });
    const id = await app.stored({ first: 1, cart: { items: [1] }, last: 'x' });
    const opened = await app.open(id);
    const { session } = opened;
    session['first'] = 2;
    session['added'] = { own: true };
    session.cookie.maxAge = seconds(300);
    session.update('last', (last) => `${String(last)}!`);
    const before = viewOf(opened);
    const cookie = session.cookie;
    await expect(session.login('u1')).rejects.toMatchObject(REFUSED);
    expect(viewOf(opened)).toEqual(before);
    expect(session.cookie).toBe(cookie);
    expect(await app.dataOf(id)).toEqual({ first: 1, cart: { items: [1] }, last: 'x' });
    // Another request writes meanwhile: the update merges as without the login.
    const other = await app.open(id);
    other.session['last'] = 'y';
    await other.commit();
    await opened.commit();
    const data = { first: 2, cart: { items: [1] }, last: 'y!', added: { own: true } };
    expect([await app.dataOf(id), opened.id]).toEqual([data, id]);
    expect(app.calls.filter((call) => call === 'rekey')).toHaveLength(1);
  });

  it('keeps what other code sets while it runs', async () => {
    const { app } = await limited('reject', 'login', {
      limit: limitOf('reject', async () => Promise.resolve(MOST)),
    });
    const id = await app.stored({ kept: 1, gone: { a: 1 }, cart: 1 });
    const opened = await app.open(id);
    const signing = opened.session.login('u1', { keep: ['cart'] });
    await Promise.resolve();
    opened.session['during'] = true;
    opened.session['kept'] = 2;
    delete opened.session['cart'];
    await expect(signing).rejects.toMatchObject(REFUSED);
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ kept: 2, gone: { a: 1 }, during: true });
  });

  it('leaves a later login of another user, and of the same one once a session has ended', async () => {
    const { app, held } = await limited('reject', 'login');
    const opened = await app.open(await app.stored({ cart: 1 }));
    await expect(opened.session.login('u1')).rejects.toMatchObject(REFUSED);
    await opened.session.login('u4', { keep: ['cart'] });
    expect(await app.dataOf(opened.id)).toEqual({ cart: 1 });
    await expect(opened.session.login('u1')).rejects.toMatchObject(REFUSED);
    expect(opened.session.principal).toBe('u4');
    await (await app.open(held[0])).session.destroy();
    await opened.session.login('u1');
    expect(await opened.commit()).toBe('send');
    expect([await liveOf(app, 'u4'), (await liveOf(app, 'u1')).length]).toEqual([[], MOST]);
  });

  it('ends nothing when the connection closes', async () => {
    const { app } = await limited('reject', 'login');
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    await expect(opened.session.login('u1')).rejects.toMatchObject(REFUSED);
    await app.closeLast();
    expect(await app.dataOf(id)).toEqual({ cart: 1 });
    // A new id that is requested later in this request ends the old one all the same.
    await opened.session.regenerate();
    await app.closeLast();
    expect(await app.record(id)).toBe(null);
  });

  it('after destroy() leaves the session ended', async () => {
    const { app, held } = await limited('reject', 'login');
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    await opened.session.destroy();
    await expect(opened.session.login('u1')).rejects.toMatchObject(REFUSED);
    expect([await opened.commit(), app.store.size]).toEqual(['clear', held.length]);
  });
});

describe('login() with a limit that rejects', () => {
  it('is stored when it returns. Attributes that are set later cost one more call', async () => {
    const { app } = await limited('reject', 'login');
    const opened = await app.open(await app.stored({ cart: 1 }));
    await opened.session.login('u5', { keep: ['cart'] });
    expect(app.calls).toEqual(['load', 'rekey']);
    expect((await app.open(opened.id)).session.principal).toBe('u5');
    opened.session['later'] = 1;
    app.calls.length = 0;
    expect([await opened.commit(), app.calls]).toEqual(['send', ['patch']]);
    expect(await app.dataOf(opened.id)).toEqual({ cart: 1, later: 1 });
  });
});

describe('login() of another user than the option principal returns', () => {
  it('is stored, and the next commit follows the option', async () => {
    const { app, held } = await limited('reject', 'option');
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    opened.session['user'] = 'u6';
    await opened.session.login('u5', { keep: ['cart', 'user'] });
    expect((await app.open(opened.id)).session.principal).toBe('u6');
    expect(await app.record(opened.id)).toMatchObject({ principal: 'u5' });
    await opened.commit();
    expect(await app.record(opened.id)).toMatchObject({ principal: 'u6' });
    opened.session['user'] = 'u5';
    await expect(opened.session.login('u1')).rejects.toMatchObject(REFUSED);
    expect([opened.session.principal, await liveOf(app, 'u1')]).toEqual(['u5', keysOf(...held)]);
    await opened.commit();
    expect(await app.record(opened.id)).toMatchObject({ principal: 'u5' });
  });
});

describe('a save that the limit refuses, with the option principal', () => {
  it('lets the application send its own response, and stores nothing of the request', async () => {
    const { app } = await limited('reject', 'option');
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    Object.assign(opened.session, { user: 'u1', note: 'lost' });
    await expect(opened.session.save()).rejects.toMatchObject(REFUSED);
    expect([opened.session.principal, opened.session.authenticatedAt, opened.isAlive]).toEqual([
      null,
      null,
      true,
    ]);
    app.calls.length = 0;
    expect([await opened.commit(), app.calls]).toEqual(['none', []]);
    expect([opened.plannedCookie(), opened.hasChanges(), opened.isUndeliverable]).toEqual([
      'none',
      false,
      false,
    ]);
    expect(await app.dataOf(id)).toEqual({ cart: 1 });
    expect((await app.open(id)).session.principal).toBe(null);
  });

  it('is tried again by another save, and not after the attribute was removed', async () => {
    const { app, held } = await limited('reject', 'option');
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    opened.session['user'] = 'u1';
    await expect(opened.session.save()).rejects.toMatchObject(REFUSED);
    await expect(opened.session.save()).rejects.toMatchObject(REFUSED);
    delete opened.session['user'];
    opened.session['tried'] = 1;
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ cart: 1, tried: 1 });
    opened.session['user'] = 'u1';
    await (await app.open(held[0])).session.destroy();
    await opened.session.save();
    expect([await liveOf(app, 'u1'), opened.session.principal]).toEqual([keysOf(held[1], opened.id), 'u1']);
  });

  it('fails the commit of a request that does not save, and the old session stays', async () => {
    const { app } = await limited('reject', 'option');
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    opened.session['user'] = 'u1';
    await expect((async () => opened.commit())()).rejects.toMatchObject(REFUSED);
    expect(opened.cookieAfterFailure()).toBe('none');
    await app.closeLast();
    expect(await opened.commit()).toBe('none');
    expect(await app.dataOf(id)).toEqual({ cart: 1 });
  });

  it('restores the data of another user, whose session it stays', async () => {
    const { app } = await limited('reject', 'option');
    const id = await signedIn(app, 'option', 'u2');
    const former = await app.open(id);
    former.session['mail'] = { of: 'u2' };
    await former.commit();
    const opened = await app.open(id);
    const { authenticatedAt } = opened.session;
    opened.session['user'] = 'u1';
    await expect(opened.session.save()).rejects.toMatchObject(REFUSED);
    const { principal, authenticatedAt: since, handle } = opened.session;
    expect([principal, since, handle]).toEqual(['u2', authenticatedAt, former.session.handle]);
    expect(opened.session['mail']).toEqual({ of: 'u2' });
    await opened.commit();
    expect((await app.open(id)).session.principal).toBe('u2');
  });
});

describe('the function perPrincipal', () => {
  it('gets the principal that the application gave, also with a session name, and may return a promise', async () => {
    const given: string[] = [];
    const perPrincipal = async (principal: string): Promise<number> => {
      given.push(principal);
      return principal === '$7' ? 1 : 3;
    };
    const app = new Application({ realm: 'admin', limit: limitOf('evict-oldest', perPrincipal) });
    for (const user of ['$7', '$7', 'u1', 'u1', 'u1', 'u1']) await signedIn(app, 'login', user);
    expect(new Set(given)).toEqual(new Set(['$7', 'u1']));
    expect(
      [await liveOf(app, '$admin:$7'), await liveOf(app, '$admin:u1')].map(({ length }) => length),
    ).toEqual([1, 3]);
  });

  it.each([[0], [-1], [1.5], [Number.NaN], [Infinity], ['3'], [undefined], [null], [{}]])(
    'that returns %p fails the login, and changes nothing',
    async (most) => {
      for (const mode of MODES) {
        const app = new Application({ limit: limitOf(mode, () => most) });
        const id = await app.stored({ cart: 1 });
        const opened = await app.open(id);
        const signing = signIn(opened, 'login', 'u1');
        await expect(signing).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
        await expect(signing).rejects.toThrow(
          /limit\.perPrincipal must return a positive integer, or a promise of one, got /,
        );
        expect(app.calls).toEqual(['load']);
        if (mode === 'reject') expect([opened.id, opened.commit()]).toEqual([id, 'none']);
      }
    },
  );

  it.each(['throws', 'rejects'])('that %s fails the login with its error', async (kind) => {
    const failed = new Error('The plan is unknown.');
    const perPrincipal = (): Promise<number> => {
      if (kind === 'throws') throw failed;
      return Promise.reject(failed);
    };
    const app = new Application({ limit: limitOf('reject', perPrincipal) });
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id);
    const before = viewOf(opened);
    await expect(opened.session.login('u1')).rejects.toBe(failed);
    expect(viewOf(opened)).toEqual(before);
    expect([await opened.commit(), await app.dataOf(id)]).toEqual(['none', { cart: 1 }]);
  });

  it('does not run for a step-up, a new id or another request', async () => {
    let runs = 0;
    const app = new Application({ limit: limitOf('reject', () => ++runs) });
    const id = await signedIn(app, 'login', 'u1');
    const opened = await app.open(id);
    await opened.session.login('u1');
    await opened.session.regenerate({ keep: 'all' });
    opened.session['n'] = 1;
    await opened.commit();
    await app.stored({ n: 1 });
    expect(runs).toBe(1);
  });
});

describe('a lowered limit', () => {
  it.each(['evict-oldest', 'reject'] as const)('counts at the next login of a user: %s', async (mode) => {
    const app = new Application({ limit: limitOf(mode, () => 5) });
    for (let n = 0; n < 5; n++) await signedIn(app, 'login', 'u1');
    const lowered = app.restarted({ limit: limitOf(mode), isOn: true });
    expect(await liveOf(app, 'u1')).toHaveLength(5);
    const opened = await lowered.open();
    const signing = opened.session.login('u1');
    if (mode === 'reject') {
      await expect(signing).rejects.toMatchObject(REFUSED);
      expect(await liveOf(app, 'u1')).toHaveLength(5);
      return;
    }
    await signing;
    await opened.commit();
    expect(await liveOf(app, 'u1')).toHaveLength(2);
    expect(lowered.events).toContainEqual(
      expect.objectContaining({ type: 'limit-reached', handles: expect.any(Array) as string[] }),
    );
    expect(lowered.events.filter(({ type }) => type === 'revoked')).toHaveLength(4);
  });
});

describe('two names on one store', () => {
  it('have separate limits', async () => {
    const app = new Application({ limit: limitOf('evict-oldest') });
    const admin = app.restarted({ realm: 'admin', limit: limitOf('evict-oldest', () => 1) });
    for (let n = 0; n < 3; n++) await signedIn(app, 'login', 'u1');
    for (let n = 0; n < 3; n++) await signedIn(admin, 'login', 'u1');
    expect([await liveOf(app, 'u1'), await liveOf(app, '$admin:u1')].map(({ length }) => length)).toEqual([
      2, 1,
    ]);
  });
});

it('without a listener no event is made', async () => {
  const { app } = await limited('evict-oldest', 'login', { isOn: false });
  const opened = await app.open();
  await signIn(opened, 'login', 'u1');
  expect(app.events).toEqual([]);
});

it('a session that was evicted cannot be saved by a request that runs', async () => {
  const { app, held } = await limited('evict-oldest', 'login');
  const running = await app.open(held[0]);
  await signedIn(app, 'login', 'u1');
  running.session['n'] = 1;
  await expect(running.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  expect(await app.record(held[0])).toBe(null);
});
