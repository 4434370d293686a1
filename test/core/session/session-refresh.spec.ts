import { minutes } from '../../../lib/core/util/clock.js';
import { followMoves } from '../../../lib/core/session/moved-session.js';
import { keepAlive, probe, refresh } from '../../../lib/core/session/session-refresh.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { handleOf } from '../../../lib/core/registry/session-info.js';
import { Application } from './application.js';

/** Follows the session to its new ids, as connections do. */
const follow = (app: Application, opened: OpenSession): Promise<void> =>
  opened.run((state) => {
    followMoves(state.request, async (principal, handle) => {
      const sessions = await app.store.listByPrincipal(principal, 0, 100);
      return sessions.find((one) => handleOf(one, app.store) === handle)?.key ?? null;
    });
  });

describe('a session that is read again', () => {
  let app: Application;
  beforeEach(() => void (app = new Application()));

  it('shows what other requests have stored', async () => {
    const id = await app.stored({ a: 1, b: { c: 1 } });
    const [socket, request] = [await app.open(id), await app.open(id)];
    expect(socket.session['a']).toBe(1);
    const nested = socket.session['b'];
    Object.assign(request.session, { a: 2, b: { c: 2 }, d: 'new' });
    await request.session.save();
    expect(await socket.run(refresh)).toBeNull();
    expect({ ...socket.session }).toEqual({ a: 2, b: { c: 2 }, d: 'new' });
    expect(socket.session['b']).toBe(nested);
    expect(socket.hasChanges()).toBe(false);
  });

  it('keeps changes that were not saved, and saves them merged', async () => {
    const id = await app.stored({ a: 1, b: 1 });
    const [socket, request] = [await app.open(id), await app.open(id)];
    socket.session['a'] = 'mine';
    Object.assign(request.session, { b: 'theirs', c: 'theirs' });
    await request.session.save();
    await socket.run(refresh);
    expect({ ...socket.session }).toEqual({ a: 'mine', b: 'theirs', c: 'theirs' });
    await socket.session.save();
    expect(await app.dataOf(id)).toEqual({ a: 'mine', b: 'theirs', c: 'theirs' });
  });

  it('keeps a cookie setting that was not saved', async () => {
    const id = await app.stored({ a: 1 });
    const [socket, request] = [await app.open(id), await app.open(id)];
    socket.session.cookie.maxAge = minutes(5);
    request.session['a'] = 2;
    await request.session.save();
    await socket.run(refresh);
    expect(socket.session.cookie.maxAge).toBe(minutes(5));
    expect(socket.hasChanges()).toBe(true);
  });

  it.each([
    ['gone', 'another request has ended it', async (opened: OpenSession) => opened.session.destroy()],
    ['expired', 'its timeout has passed', async () => app.clock.advance(minutes(10))],
    ['revoked', 'all sessions were revoked', async () => app.store.advanceEpoch('default')],
  ] as const)('is %s where %s, and is not created again', async (loss, _, end) => {
    const id = await app.stored({ a: 1 });
    const socket = await app.open(id);
    await end(await app.open(id));
    expect(await socket.run(probe)).toBe(loss);
    expect(socket.session.isNew).toBe(false);
    expect(await socket.run(refresh)).toBe(loss);
    expect(socket.session.isNew).toBe(true);
    expect(await socket.run(refresh)).toBe('gone');
    socket.session['a'] = 2;
    await expect(socket.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('is revoked where the credential of its user has changed (S-46)', async () => {
    let stamp = 'first';
    app = new Application({ stampOf: () => stamp, checkEveryMs: 0 });
    const opened = await app.open();
    await opened.session.login('u1');
    await opened.session.save();
    const socket = await app.open(opened.id);
    expect(await socket.run(refresh)).toBeNull();
    stamp = 'second';
    expect(await socket.run(refresh)).toBe('revoked');
  });

  it('is nothing to read where it was never stored', async () => {
    const visitor = await app.open(undefined, { channel: 'sent' });
    expect(await visitor.run(refresh)).toBeNull();
    expect(app.calls).toEqual([]);
  });
});

describe('a session that another request gives a new id', () => {
  it.each(['probe', 'refresh', 'save', 'update'] as const)('is followed by %s', async (how) => {
    const app = new Application({ isOn: true });
    const first = await app.open();
    await first.session.login('u1');
    await first.session.save();
    const socket = await app.open(first.id, { channel: 'sent' });
    await follow(app, socket);
    const request = await app.open(first.id);
    await request.session.login('u1', { method: 'otp' });
    await request.session.save();
    if (how === 'probe') expect(await socket.run(probe)).toMatchObject({ principal: 'u1' });
    if (how === 'refresh') expect(await socket.run(refresh)).toBeNull();
    if (how === 'update') socket.session.update('count', (n: number | undefined) => (n ?? 0) + 1);
    else socket.session['count'] = 1;
    await socket.session.save();
    expect(await app.dataOf(request.id)).toMatchObject({ count: 1 });
    expect(socket.session.handle).toBe(request.session.handle);
  });

  /** A followed session of a user, and a request that has given it a new id since. */
  const moved = async (
    visit: { readonly isPassive?: boolean } = {},
  ): Promise<{ app: Application; socket: OpenSession; request: OpenSession }> => {
    const app = new Application({ isOn: true });
    const first = await app.open();
    await first.session.login('u1');
    await first.session.save();
    const socket = await app.open(first.id, { channel: 'sent', ...visit });
    await follow(app, socket);
    const request = await app.open(first.id);
    await request.session.login('u1', { method: 'otp' });
    request.session['a'] = 'new';
    await request.session.save();
    return { app, socket, request };
  };

  it('is ended by destroy() under its new id (S-42)', async () => {
    const { app, socket, request } = await moved();
    app.events.length = 0;
    await socket.session.destroy();
    expect(await app.dataOf(request.id)).toBeNull();
    expect(app.events).toMatchObject([{ type: 'logout', handle: request.session.handle }]);
  });

  it('is not ended by destroy() where it belongs to another user now (S-5)', async () => {
    const app = new Application();
    const first = await app.open();
    await first.session.login('u1');
    await first.session.save();
    const socket = await app.open(first.id, { channel: 'sent' });
    await follow(app, socket);
    const request = await app.open(first.id);
    await request.session.login('u2');
    await request.session.save();
    await socket.session.destroy();
    expect(await app.dataOf(request.id)).toEqual({});
  });

  it('is read again by reload()', async () => {
    const { socket } = await moved();
    await socket.session.reload();
    expect(socket.session['a']).toBe('new');
  });

  it('is saved under its new id by a message that does not count as activity', async () => {
    const { app, socket, request } = await moved({ isPassive: true });
    socket.session['b'] = 'passive';
    await socket.session.save();
    expect(await app.dataOf(request.id)).toMatchObject({ a: 'new', b: 'passive' });
  });

  it('is saved under an id that it gets while its changes are merged', async () => {
    const app = new Application();
    const first = await app.open();
    await first.session.login('u1');
    first.session['count'] = 1;
    await first.session.save();
    const socket = await app.open(first.id, { channel: 'sent' });
    await follow(app, socket);
    const [writer, mover] = [await app.open(first.id), await app.open(first.id)];
    writer.session['count'] = 2;
    await writer.session.save();
    // The first patch of the socket conflicts with the writer, the second one finds the record moved.
    const patch = app.store.patch.bind(app.store);
    let patches = 0;
    app.store.patch = async (...args: Parameters<typeof patch>) => {
      if (++patches === 2) {
        await mover.session.login('u1', { method: 'otp' });
        await mover.session.save();
      }
      return patch(...args);
    };
    socket.session.update('count', (n: number | undefined) => (n ?? 0) + 10);
    await socket.session.save();
    expect(await app.dataOf(mover.id)).toMatchObject({ count: 12 });
  });

  it('is lost where it is not followed, and where it has no user', async () => {
    const app = new Application();
    const id = await app.stored({ a: 1 });
    const [socket, request] = [await app.open(id), await app.open(id)];
    await follow(app, socket);
    await request.session.regenerate({ keep: 'all' });
    await request.session.save();
    expect(await socket.run(refresh)).toBe('gone');
  });
});

describe('a session that is kept alive', () => {
  it('is touched at the interval of touches, and saves no change', async () => {
    const app = new Application();
    const id = await app.stored({ a: 1 });
    const socket = await app.open(id);
    app.calls.length = 0;
    socket.session['a'] = 2;
    await socket.run(keepAlive);
    expect(app.calls).toEqual([]);
    app.clock.advance(minutes(1));
    await socket.run(keepAlive);
    await socket.run(keepAlive);
    expect(app.calls).toEqual(['patch']);
    expect(await app.dataOf(id)).toEqual({ a: 1 });
    expect((await app.record(id))!.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it.each([
    ['a message', async (socket: OpenSession) => socket.run(keepAlive)],
    ['save()', async (socket: OpenSession) => socket.session.save().catch(() => undefined)],
  ])('is not revived by %s once it has expired (S-34)', async (_, use) => {
    const app = new Application();
    const id = await app.stored({ a: 1 });
    const socket = await app.open(id);
    await follow(app, socket);
    app.clock.advance(minutes(10));
    socket.session['a'] = 2;
    await use(socket);
    expect((await app.record(id))!.expiresAt).toBe(app.clock.now());
    expect(await socket.run(refresh)).toBe('gone');
  });

  it('is touched where another request has extended it', async () => {
    const app = new Application();
    const id = await app.stored({ a: 1 });
    const socket = await app.open(id);
    await follow(app, socket);
    app.clock.advance(minutes(9));
    await (await app.open(id)).session.touch().save();
    app.clock.advance(minutes(9));
    await socket.run(keepAlive);
    expect((await app.record(id))!.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it('is not touched once it has ended', async () => {
    const app = new Application();
    const id = await app.stored({ a: 1 });
    const socket = await app.open(id);
    await socket.session.destroy();
    app.clock.advance(minutes(1));
    app.calls.length = 0;
    await socket.run(keepAlive);
    expect(app.calls).toEqual([]);
  });
});
