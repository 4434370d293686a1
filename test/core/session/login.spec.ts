import type { UserSession } from 'nest-session/http';
import { authenticatedAgo } from '../../../lib/core/session/session-object.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import { hours, minutes, seconds } from '../../../lib/core/util/clock.js';
import { Application } from './application.js';

/** What an application sees of the user of a session. */
const identityOf = ({ principal, authenticatedAt, methods }: UserSession): unknown => ({
  principal,
  authenticatedAt,
  methods: { ...methods },
});

/** The id of a stored session of a user. */
async function loggedIn(app: Application, principal: string, attributes: object = {}): Promise<SessionId> {
  const opened = await app.open();
  await opened.session.login(principal, { method: 'pwd' });
  Object.assign(opened.session, attributes);
  await opened.session.save();
  app.calls.length = 0;
  return opened.id;
}

const ANONYMOUS = { principal: null, authenticatedAt: null, methods: {} };

describe('login()', () => {
  it('binds an anonymous visitor to a user, under a new id (S-9)', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 1, csrf: 'x' });
    app.clock.advance(seconds(5));
    const opened = await app.open(id);
    const { handle } = opened.session;
    expect(identityOf(opened.session)).toEqual(ANONYMOUS);
    await opened.session.login('u1', { keep: ['cart'], method: 'pwd' });
    const now = app.clock.now();
    const user = { principal: 'u1', authenticatedAt: now, methods: { pwd: now } };
    expect(identityOf(opened.session)).toEqual(user);
    expect(await opened.commit()).toBe('send');
    expect(app.calls).toEqual(['load', 'rekey']);
    expect([await app.dataOf(id), await app.dataOf(opened.id)]).toEqual([null, { cart: 1 }]);
    expect(await app.record(opened.id)).toMatchObject({ principal: 'u1', createdAt: now });
    const next = (await app.open(opened.id)).session;
    expect(identityOf(next)).toEqual(user);
    expect(next.handle).not.toBe(handle);
    expect(next.handle).toBe(opened.session.handle);
  });

  it('of a new visitor creates a session, also without an attribute', async () => {
    const app = new Application();
    const opened = await app.open();
    await opened.session.login(7);
    expect(await opened.commit()).toBe('send');
    expect(app.calls).toEqual(['create']);
    const now = app.clock.now();
    const { session } = await app.open(opened.id);
    expect(identityOf(session)).toEqual({ principal: '7', authenticatedAt: now, methods: {} });
  });

  it('drops what another user has in the session, also what keep names', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'other', { cart: 1, mail: 'private' });
    const opened = await app.open(id);
    await opened.session.login('u1', { keep: ['cart', 'mail'] });
    opened.session['own'] = 1;
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({ own: 1 });
    expect({ ...opened.session.methods }).toEqual({});
  });

  it('drops kept attributes of another user also after regenerate()', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'other', { cart: 'private' });
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: ['cart'] });
    expect(opened.session.principal).toBe(null);
    await opened.session.save();
    await opened.session.login('u1', { keep: ['cart'] });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({});
  });

  it('after regenerate() without keep carries over what was set since', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'other', { cart: 'private' });
    const opened = await app.open(id);
    await opened.session.regenerate();
    opened.session['cart'] = 'new';
    await opened.session.login('u1', { keep: ['cart'] });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({ cart: 'new' });
  });

  it('as one user after the other within one request drops the data of the first', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'b', { mail: 'of b' });
    const opened = await app.open(id);
    await opened.session.login('a');
    opened.session['mail'] = 'of a';
    await opened.session.login('b');
    await opened.commit();
    expect([opened.session.principal, await app.dataOf(opened.id)]).toEqual(['b', {}]);
  });

  it('of the same user is a step-up: a new id, the same data and handle, and a new lifetime (S-36)', async () => {
    const app = new Application({ absoluteMs: minutes(30), idleMs: minutes(20) });
    const id = await loggedIn(app, 'u1', { cart: 1, draft: { a: 1 } });
    const first = app.clock.now();
    app.clock.advance(minutes(15));
    const opened = await app.open(id);
    const { handle } = opened.session;
    await opened.session.login('u1', { method: 'otp' });
    expect(opened.session.handle).toBe(handle);
    expect(await opened.commit()).toBe('send');
    const now = app.clock.now();
    const user = { principal: 'u1', authenticatedAt: now, methods: { pwd: first, otp: now } };
    expect([await app.dataOf(id), await app.dataOf(opened.id)]).toEqual([null, { cart: 1, draft: { a: 1 } }]);
    app.clock.advance(minutes(19));
    const next = (await app.open(opened.id)).session;
    expect([identityOf(next), next.handle, next.createdAt]).toEqual([user, handle, now]);
  });

  it('without a method keeps the instants of the methods', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'u1');
    const at = app.clock.now();
    app.clock.advance(seconds(9));
    const opened = await app.open(id);
    await opened.session.login('u1');
    expect(identityOf(opened.session)).toEqual({
      principal: 'u1',
      authenticatedAt: at + seconds(9),
      methods: { pwd: at },
    });
  });

  it('with a second factor in the same request is one login', async () => {
    const app = new Application({ isOn: true });
    const opened = await app.open(await app.stored({ n: 1 }));
    app.events.length = 0;
    await opened.session.login('u1', { method: 'pwd' });
    await opened.session.login('u1', { method: 'otp' });
    await opened.commit();
    expect(Object.keys(opened.session.methods)).toEqual(['pwd', 'otp']);
    expect(app.events).toEqual([expect.objectContaining({ type: 'login', method: 'otp', isStepUp: false })]);
  });

  it('after destroy() takes nothing over, not even of the same user', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'u1', { cart: 1 });
    const opened = await app.open(id);
    const { handle } = opened.session;
    await opened.session.destroy();
    expect([opened.session.principal, opened.session.handle]).toEqual([null, handle]);
    await opened.session.login('u1', { keep: ['cart'], method: 'otp' });
    await opened.commit();
    expect([await app.dataOf(opened.id), Object.keys(opened.session.methods)]).toEqual([{}, ['otp']]);
    expect(opened.session.handle).not.toBe(handle);
  });

  it('of the same user does not revive a session that was ended meanwhile', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'u1', { cart: 1 });
    const opened = await app.open(id);
    await opened.session.login('u1', { method: 'otp' });
    await (await app.open(id)).session.destroy();
    expect(await opened.commit()).toBe('none');
    expect(app.store.size).toBe(0);
    await expect(opened.session.login('u1', { method: 'otp' })).rejects.toMatchObject({
      code: 'ERR_SESSION_GONE',
    });
  });

  it('of another user is stored also if the visitor has logged in twice (double click)', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 1 });
    const [first, second] = [await app.open(id), await app.open(id)];
    await first.session.login('u1', { keep: ['cart'] });
    await second.session.login('u1', { keep: ['cart'] });
    await Promise.all([first.commit(), second.commit()]);
    expect([await app.dataOf(first.id), await app.dataOf(second.id)]).toEqual([{ cart: 1 }, {}]);
    expect((await app.open(second.id)).session.principal).toBe('u1');
  });

  it.each([[null], [undefined], [''], [Number.NaN], [{ id: 1 }], [true]])(
    'refuses %p, and changes nothing',
    async (principal) => {
      const app = new Application();
      const id = await app.stored({ n: 1 });
      const opened = await app.open(id);
      const { session } = opened;
      const login = session.login as (given: unknown) => Promise<void>;
      await expect(login.call(session, principal)).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
      expect([session.principal, opened.commit()]).toEqual([null, 'none']);
    },
  );

  it.each([
    ['pwd', /object such as \{ method: "pwd" \}/],
    [() => undefined, /Await the promise/],
    [{ keep: 'all' }, /keep of login\(\) must be an array of attribute names, got a string/],
    [{ keep: [1] }, /keep/],
    [{ method: '' }, /method of login\(\) must be a text that is not empty/],
    [{ method: 1 }, /method/],
  ])('refuses the options %p', async (options, message) => {
    const { session } = await new Application().open();
    const login = session.login as (principal: string, given: unknown) => Promise<void>;
    await expect(login.call(session, 'u1', options)).rejects.toThrow(message);
    expect(session.principal).toBe(null);
  });

  it('rejects after the response has begun', async () => {
    const app = new Application();
    const { session } = await app.open(await app.stored({ n: 1 }), { channel: 'sent' });
    await expect(session.login('u1')).rejects.toMatchObject({
      code: 'ERR_SESSION_SENT',
      message: expect.stringMatching(/^login\(\)/) as string,
    });
  });

  it('rejects with the error of a store that could not load the session', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.store.load = () => {
      throw new Error('down');
    };
    const { session } = await app.open(id, { goesOnWithout: true });
    await expect(session.login('u1')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect([session.principal, session.authenticatedAt]).toEqual([null, null]);
  });

  it('is not known to a session of another name, and stores the name (S-29)', async () => {
    const app = new Application({ realm: 'admin' });
    const opened = await app.open();
    await opened.session.login('u1');
    await opened.session.save();
    expect(await app.record(opened.id)).toMatchObject({ principal: '$admin:u1' });
    expect((await app.record(opened.id))!.attributes.get('$name')).toBe('"admin"');
    expect((await app.open(opened.id)).session.principal).toBe('u1');
  });

  it('keeps a principal that begins with $', async () => {
    const app = new Application();
    const opened = await app.open();
    await opened.session.login('$u:1');
    await opened.session.save();
    expect((await app.record(opened.id))?.principal).toBe('$$u:1');
    expect((await app.open(opened.id)).session.principal).toBe('$u:1');
  });

  it('dies with the request if it is never saved: neither id is left (S-9)', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.login('u1');
    await app.closeLast();
    expect(app.store.size).toBe(0);
  });
});

describe('the handle', () => {
  it.each(['all', ['n']] as const)('of a session after regenerate({ keep: %p })', async (keep) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    const { handle } = opened.session;
    await opened.session.regenerate({ keep });
    await opened.session.save();
    await opened.session.regenerate({ keep });
    await opened.commit();
    const { session } = await app.open(opened.id);
    expect(session.handle).toBe(opened.session.handle);
    expect(session.handle === handle).toBe(keep === 'all');
    expect(await app.dataOf(opened.id)).toEqual({ n: 1 });
  });

  it('stays while other requests change the session during a step-up', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'u1', { n: 1 });
    const [stepUp, other] = [await app.open(id), await app.open(id)];
    const { handle } = stepUp.session;
    await stepUp.session.login('u1', { method: 'otp' });
    other.session['m'] = 2;
    await other.commit();
    await stepUp.commit();
    const { session } = await app.open(stepUp.id);
    expect([session.handle, session.principal]).toEqual([handle, 'u1']);
    expect(Object.keys(session.methods)).toEqual(['pwd', 'otp']);
    expect(await app.dataOf(stepUp.id)).toEqual({ n: 1, m: 2 });
  });

  it('stays readable when another request has ended the session', async () => {
    const app = new Application();
    const opened = await app.open(await loggedIn(app, 'u1', { n: 1 }));
    const { handle } = opened.session;
    await opened.session.login('u1');
    await opened.session.save();
    await (await app.open(opened.id)).session.destroy();
    opened.session['n'] = 2;
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    expect(opened.session.handle).toBe(handle);
  });
});

describe('the age of a login', () => {
  it('is measured by the clock of the engine, for each method', async () => {
    const app = new Application();
    const id = await loggedIn(app, 'u1');
    app.clock.advance(minutes(3));
    const opened = await app.open(id);
    expect([authenticatedAgo(opened.session), authenticatedAgo(opened.session, 'pwd')]).toEqual([
      minutes(3),
      minutes(3),
    ]);
    await opened.session.login('u1', { method: 'otp' });
    app.clock.advance(1);
    expect(['pwd', 'otp', 'toString'].map((method) => authenticatedAgo(opened.session, method))).toEqual([
      minutes(3) + 1,
      1,
      null,
    ]);
  });

  it('is null without a login, and for an object that is no session', async () => {
    const { session } = await new Application({ idleMs: hours(1) }).open();
    expect([authenticatedAgo(session), authenticatedAgo({ ...session })]).toEqual([null, null]);
  });
});
