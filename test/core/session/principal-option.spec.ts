import type { UserSession } from 'nest-session/http';
import type { SessionId } from '../../../lib/core/session-id.js';
import { seconds } from '../../../lib/core/util/clock.js';
import { Application, type Settings } from './application.js';

const principalOf = (session: UserSession): unknown => session['uid'];
const application = (settings: Partial<Settings> = {}): Application =>
  new Application({ principalOf, ...settings });

async function sessionOf(app: Application, attributes: object): Promise<SessionId> {
  const opened = await app.open();
  Object.assign(opened.session, attributes);
  await opened.session.save();
  app.calls.length = 0;
  return opened.id;
}

describe('the option principal', () => {
  it('changes the id in the same write when a visitor signs in, and keeps all attributes (S-9)', async () => {
    const app = application();
    const id = await sessionOf(app, { cart: 1 });
    app.clock.advance(seconds(5));
    const opened = await app.open(id);
    opened.session.cookie.maxAge = seconds(100);
    opened.session['uid'] = 7;
    expect([opened.session.principal, opened.session.authenticatedAt]).toEqual(['7', null]);
    expect(await opened.commit()).toBe('send');
    expect(app.calls).toEqual(['load', 'rekey']);
    expect([await app.dataOf(id), await app.dataOf(opened.id)]).toEqual([null, { cart: 1, uid: 7 }]);
    const { session } = await app.open(opened.id);
    const now = app.clock.now();
    expect([session.principal, session.authenticatedAt, session.createdAt]).toEqual(['7', now, now]);
    expect([session.cookie.originalMaxAge, Object.keys(session.methods)]).toEqual([seconds(100), []]);
  });

  it('binds a new session without a further id', async () => {
    const app = application();
    const opened = await app.open();
    const { id } = opened;
    opened.session['uid'] = 'u1';
    expect(await opened.commit()).toBe('send');
    expect([opened.id, app.calls]).toEqual([id, ['create']]);
    expect((await app.open(id)).session.principal).toBe('u1');
  });

  it('from one user to another keeps only what this request has written', async () => {
    const app = application();
    const id = await sessionOf(app, { uid: 'b', mail: 'private', passport: { user: 'b' } });
    const opened = await app.open(id);
    (opened.session['passport'] as { user: string }).user = 'a';
    opened.session['uid'] = 'a';
    opened.session['note'] = 'new';
    await opened.commit();
    expect([await app.dataOf(id), await app.dataOf(opened.id)]).toEqual([
      null,
      { uid: 'a', passport: { user: 'a' }, note: 'new' },
    ]);
  });

  it('a session that the request has destroyed does not sign in again by what regenerate() keeps', async () => {
    const app = application();
    const id = await sessionOf(app, { uid: 'u1' });
    const opened = await app.open(id);
    await opened.session.destroy();
    await opened.session.regenerate({ keep: ['uid'] });
    expect([opened.session.principal, { ...opened.session }]).toEqual([null, {}]);
    await opened.commit();
    expect(await app.store.listByPrincipal('u1', 0, 10)).toEqual([]);
  });

  it('ends the login when its result is null: a new id, and nothing of the user', async () => {
    const app = application({ isOn: true });
    const id = await sessionOf(app, { uid: 'b', mail: 'private' });
    const opened = await app.open(id);
    const { handle } = opened.session;
    delete opened.session['uid'];
    opened.session['flash'] = 'bye';
    app.events.length = 0;
    await opened.commit();
    expect([await app.dataOf(id), await app.dataOf(opened.id)]).toEqual([null, { flash: 'bye' }]);
    expect([opened.session.principal, opened.session.authenticatedAt]).toEqual([null, null]);
    expect(app.events).toEqual([expect.objectContaining({ type: 'logout', handle, principal: 'b' })]);
  });

  it('works with the order of passport: regenerate, set, save', async () => {
    const app = application();
    const id = await sessionOf(app, { cart: 1 });
    const opened = await app.open(id);
    await opened.session.regenerate();
    const { id: next } = opened;
    opened.session['uid'] = 'u1';
    await opened.session.save();
    await opened.commit();
    expect([app.calls, opened.id]).toEqual([['load', 'rekey'], next]);
    expect((await app.open(next)).session.principal).toBe('u1');
  });

  it('after regenerate() that keeps the user is no login: authenticatedAt stays', async () => {
    const app = application({ isOn: true });
    const id = await sessionOf(app, { uid: 'u1', cart: 1 });
    const at = app.clock.now();
    app.clock.advance(seconds(50));
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: ['uid'] });
    app.events.length = 0;
    await opened.commit();
    const { session } = await app.open(opened.id);
    expect([session.principal, session.authenticatedAt]).toEqual(['u1', at]);
    expect(app.events.map(({ type }) => type)).toEqual(['regenerated']);
  });

  it('binds sessions from before it was set', async () => {
    const before = new Application();
    const id = await sessionOf(before, { uid: 'u1', cart: 1 });
    const app = before.restarted({ principalOf });
    const opened = await app.open(id);
    expect(opened.session.principal).toBe('u1');
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({ uid: 'u1', cart: 1 });
  });

  it('does not bind a session again that was ended meanwhile', async () => {
    const before = new Application();
    const id = await sessionOf(before, { uid: 'u1' });
    const opened = await before.restarted({ principalOf }).open(id);
    opened.session['n'] = 1;
    await (await before.open(id)).session.destroy();
    expect(await opened.commit()).toBe('none');
    expect(before.store.size).toBe(0);
  });

  it('without a result leaves a session alone that login() has bound', async () => {
    const app = application();
    const opened = await app.open();
    await opened.session.login('u1', { method: 'pwd' });
    await opened.commit();
    const next = await app.open(opened.id);
    expect([next.session.principal, next.commit()]).toEqual(['u1', 'none']);
  });

  it('still ends the login after a step-up by login()', async () => {
    const app = application();
    const opened = await app.open(await sessionOf(app, { uid: 'u1' }));
    await opened.session.login('u1', { method: 'otp' });
    await opened.session.save();
    delete opened.session['uid'];
    await opened.commit();
    expect((await app.record(opened.id))?.principal).toBe(null);
  });

  it('refuses a save that cannot send the new id, and writes nothing', async () => {
    const app = application();
    const id = await sessionOf(app, { cart: 1 });
    const opened = await app.open(id, { channel: 'sent' });
    opened.session['uid'] = 'u1';
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_SENT' });
    expect(await app.dataOf(id)).toEqual({ cart: 1 });
    // At the end of the request the old id ends: an attacker may have it.
    await opened.commit();
    expect(await app.dataOf(id)).toBe(null);
  });

  it('decides before the headers of a response that does not wait', async () => {
    const app = application();
    const opened = await app.open(await sessionOf(app, { cart: 1 }));
    opened.session['uid'] = 'u1';
    expect(opened.plannedCookie()).toBe('send');
    const { id } = opened.sendCookie() && opened;
    await opened.commit();
    expect([opened.id, (await app.record(id))?.principal]).toEqual([id, 'u1']);
  });

  it('keeps the old session if the store fails: nothing of the login was stored', async () => {
    const app = application();
    const id = await sessionOf(app, { cart: 1 });
    const opened = await app.open(id);
    opened.session['uid'] = 'u1';
    app.store.rekey = () => {
      throw new Error('down');
    };
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await app.dataOf(id)).toEqual({ cart: 1 });
  });

  it.each([[''], [{}], [Number.NaN]])('fails the commit for %p', async (uid) => {
    const app = new Application({ principalOf: () => uid });
    const opened = await app.open();
    opened.session['n'] = 1;
    await expect((async () => opened.commit())()).rejects.toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: expect.stringMatching(/^The result of the option principal must be/) as string,
    });
    expect(app.store.size).toBe(0);
  });

  it('may read session.principal', async () => {
    const app = new Application({ principalOf: ({ principal }) => principal });
    const opened = await app.open();
    await opened.session.login('u1');
    expect(opened.session.principal).toBe('u1');
  });
});
