import { jest } from '@jest/globals';
import type { UserSession } from 'nest-session/http';
import { SessionError } from '../../../lib/core/errors.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import { hours, minutes } from '../../../lib/core/util/clock.js';
import { Application, everything } from './application.js';

describe('committing', () => {
  it('calls no store and sends nothing for a visitor whose session was not used (S-4)', async () => {
    const app = new Application();
    const opened = await app.open();
    expect(opened.commit()).toBe('none');
    expect([app.calls, app.store.size]).toEqual([[], 0]);
  });

  it('is synchronous and calls no store after a request that only read', async () => {
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

  it('writes only the changes, with one call', async () => {
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

  it('creates a session for each visitor with saveUninitialized', async () => {
    const app = new Application({ saveUninitialized: true });
    const opened = await app.open();
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({});
  });

  it.each(['insecure', 'sent'] as const)(
    'creates no record whose cookie cannot be sent: the channel is %s',
    async (channel) => {
      const app = new Application({ saveUninitialized: true });
      const opened = await app.open(undefined, { channel });
      opened.session['n'] = 1;
      expect(await opened.commit()).toBe('none');
      expect(app.store.size).toBe(0);
    },
  );

  it('saves changes of a stored session also if no cookie can be sent', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id, { channel: 'sent' });
    opened.session['n'] = 2;
    expect(await opened.commit()).toBe('none');
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('sends the cookie again if a retired secret signed it, without a write (S-15)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open([{ id, current: false }]);
    expect(opened.commit()).toBe('send');
    opened.sendCookie();
    expect(opened.commit()).toBe('none');
    expect(app.calls).toEqual(['load']);
  });

  it('does not send the cookie again that the browser has received', async () => {
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
  ])('a cookie with a lifetime, if the session was %s (R42)', async (_, change, cookie) => {
    const app = new Application({ cookie: { maxAge: minutes(10) } });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    Object.assign(opened.session, change);
    expect(await opened.commit()).toBe(cookie);
  });

  it('twice runs both in order: the second is based on the first, and nothing is written twice', async () => {
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

  it('does not lose a change that was made while it was under way', async () => {
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

  it('rejects for a value that JSON cannot represent before anything is written, and can be repeated once it is replaced (S-74)', async () => {
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

  it('of a released session writes nothing', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session['n'] = 2;
    opened.release(false);
    expect([opened.isAlive, opened.hasChanges(), await opened.commit()]).toEqual([false, false, 'none']);
    expect(await app.dataOf(id)).toEqual({ n: 1 });
  });

  it('of a session that was released to be destroyed deletes it', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.release(true);
    expect([opened.isAlive, await opened.commit()]).toEqual([false, 'clear']);
    expect(await app.dataOf(id)).toBeNull();
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

  it('and the commit after it write once for a new session, whose cookie is sent', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    await opened.session.save();
    expect(await opened.commit()).toBe('send');
    expect(app.calls).toEqual(['create']);
  });

  it('creates the record of a session without attributes', async () => {
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

  it('and regenerate run in the order of their calls, awaited or not', async () => {
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
  it('deletes the record immediately, and the commit clears the cookie without another call (S-42)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await opened.session.destroy();
    expect(await app.dataOf(id)).toBeNull();
    expect(opened.isAlive).toBe(false);
    expect(await opened.commit()).toBe('clear');
    expect(app.calls).toEqual(['load', 'delete']);
  });

  it('is not undone by later changes of the session (S-43)', async () => {
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

  it('that fails is retried by the commit, which clears the cookie (S-42)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    jest.spyOn(app.store, 'delete').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.destroy()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await app.dataOf(id)).toEqual({ n: 1 });
    expect(await opened.commit()).toBe('clear');
    expect(await app.dataOf(id)).toBeNull();
  });

  it('waits for a save that is under way, and deletes its record', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    void opened.session.save();
    await opened.session.destroy();
    expect(app.store.size).toBe(0);
  });
});

describe('reload', () => {
  it('drops changes and loads what other requests have saved', async () => {
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

  it('keeps the session object: later changes of it are saved', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    const { session } = opened;
    await session.reload();
    session['n'] = 2;
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('rejects under a new id that was not saved yet, and changes neither id nor attributes', async () => {
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

  it('loads the record of a new id that was saved', async () => {
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
    ['ended in another request', async (app, id) => (await app.open(id)).session.destroy()],
    ['ended in this request', async (_, __, opened) => opened.session.destroy()],
    ['expired meanwhile', async (app) => app.clock.advance(minutes(10))],
  ])('rejects for a session that has %s', async (_, end) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await end(app, id, opened);
    await expect(opened.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('rejects for a session that was never stored', async () => {
    await expect((await new Application().open()).session.reload()).rejects.toMatchObject({
      code: 'ERR_SESSION_GONE',
    });
  });

  it('that fails does not change the session', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session['n'] = 2;
    jest.spyOn(app.store, 'load').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect({ ...opened.session }).toEqual({ n: 2 });
  });
});

describe('regenerate', () => {
  it('sets a new id; the next commit ends the old one, in one call (S-9)', async () => {
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
    ['keeps nothing with an empty list', [], {}],
    ['keeps the named attributes', ['cart', '$x'], { cart: 'full', $$x: 1 }],
    ['keeps everything with all', 'all', { cart: 'full', theme: 'dark', $$x: 1 }],
    ['ignores names that are absent', ['nothing', 'toString'], {}],
    ['does not keep a name because another contains it', ['cart-old', 'themes'], {}],
  ])('%s', async (_, keep, expected) => {
    const app = new Application();
    const opened = await app.open(await app.stored({ cart: 'full', theme: 'dark', $x: 1 }));
    await opened.session.regenerate(keep === undefined ? {} : { keep });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual(expected);
  });

  it('keeps earlier changes', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ cart: 1 }));
    opened.session['cart'] = 2;
    opened.session['added'] = 3;
    await opened.session.regenerate({ keep: ['cart', 'added'] });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({ cart: 2, added: 3 });
  });

  it('of a visitor without a record creates one', async () => {
    const app = new Application();
    const opened = await app.open();
    const before = opened.session.id;
    await opened.session.regenerate();
    expect(await opened.commit()).toBe('send');
    expect(opened.id).not.toBe(before);
    expect(await app.dataOf(opened.id)).toEqual({});
  });

  it('keeps the session object: later changes of it are saved', async () => {
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

  it('restarts the absolute timeout: the new session outlives the old one (S-36)', async () => {
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

  it('with all attributes keeps the absolute timeout and the lifetime of the session (S-35)', async () => {
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

  it('twice creates one new session', async () => {
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

  it('twice, with a save in between, leaves one session', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.regenerate({ keep: 'all' });
    await opened.session.save();
    await opened.session.regenerate({ keep: 'all' });
    expect(await opened.commit()).toBe('send');
    expect(app.store.size).toBe(1);
    expect(await app.dataOf(opened.id)).toEqual({ n: 1 });
  });

  it('that keeps nothing creates a new session, also after one that kept all and whose record is gone', async () => {
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

  it('and destroy after it delete the old record and clear the cookie', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.regenerate();
    await opened.session.destroy();
    expect(await opened.commit()).toBe('clear');
    expect(app.store.size).toBe(0);
  });

  it('after destroy creates a new session', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    await opened.session.destroy();
    await opened.session.regenerate();
    opened.session['flash'] = 'bye';
    expect(await opened.commit()).toBe('send');
    expect(await everything(app, [id, opened.id])).toEqual([null, { flash: 'bye' }]);
  });

  it('rejects once the headers are sent, and does not change the session', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id, { channel: 'sent' });
    await expect(opened.session.regenerate()).rejects.toMatchObject({ code: 'ERR_SESSION_SENT' });
    expect([opened.session.id, { ...opened.session }]).toEqual([id, { n: 1 }]);
  });

  it('ends the old id over an insecure connection, although the new cookie cannot be sent', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id, { channel: 'insecure' });
    await opened.session.regenerate();
    expect(await opened.commit()).toBe('none');
    expect(await app.dataOf(id)).toBeNull();
  });
});

describe('a request that continues while the store fails', () => {
  const without = async (): Promise<{ app: Application; opened: OpenSession; id: SessionId }> => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const load = jest.spyOn(app.store, 'load').mockRejectedValueOnce(new Error('down'));
    const opened = await app.open(id, { goesOnWithout: true });
    load.mockRestore();
    app.calls.length = 0;
    return { app, opened, id };
  };

  it('has an empty session that is not available, and the browser keeps its cookie (S-69)', async () => {
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
  ])('fails if it %s: nothing is lost silently', async (_, use) => {
    const { app, opened, id } = await without();
    use(opened);
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(app.calls).toEqual([]);
    expect(await app.dataOf(id)).toEqual({ n: 1 });
  });

  it('can release it', async () => {
    const { app, opened } = await without();
    opened.release(false);
    expect(await opened.commit()).toBe('none');
    expect(app.calls).toEqual([]);
  });

  it('fails with an error that is not of the store', async () => {
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
