import { jest } from '@jest/globals';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { sessionKey } from '../../../lib/core/session-id.js';
import { minutes } from '../../../lib/core/util/clock.js';
import { Application, everything } from './application.js';

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
