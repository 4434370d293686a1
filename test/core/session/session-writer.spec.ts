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

  it.each(failing)(
    'at %s causes an error with the cause, and without key or id (S-68)',
    async (method, prepare) => {
      const app = new Application();
      const opened = await prepare(app);
      const cause = new Error(`redis://user:pass@host ${sessionKey(opened.id)} ${opened.id}`);
      jest.spyOn(app.store, method).mockRejectedValueOnce(cause);
      await expect((async () => opened.commit())()).rejects.toMatchObject({
        code: 'ERR_SESSION_STORE',
        cause,
        message: `The session store failed to ${method} a session.`,
      });
    },
  );

  it.each(failing)('at %s by a throw causes the same error', async (method, prepare) => {
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

  it.each(failing)('at %s loses nothing: the next commit writes it', async (method, prepare) => {
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

  it('does not fail the response', async () => {
    const { app, opened } = await due();
    expect(await opened.commit()).toBe('none');
    expect(app.events).toHaveLength(1);
  });

  it('fails the response if the application has called touch()', async () => {
    const { opened } = await due();
    opened.session.touch();
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
  });
});

describe('a session that was ended while a request uses it', () => {
  async function ended() {
    const app = new Application();
    const id = await app.stored({ userId: 'u1' });
    const slow = await app.open(id);
    await (await app.open(id)).session.destroy();
    app.calls.length = 0;
    return { app, id, slow };
  }

  it('is not written, not created again, and no cookie is sent or cleared (S-43)', async () => {
    const { app, slow } = await ended();
    slow.session['n'] = 1;
    expect(await slow.commit()).toBe('none');
    expect(await slow.commit()).toBe('none');
    expect([app.calls, app.store.size, slow.hasChanges()]).toEqual([['patch'], 0, false]);
  });

  it('rejects each explicit save', async () => {
    const { slow } = await ended();
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('cannot be reloaded', async () => {
    const { slow } = await ended();
    await expect(slow.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
  });

  it('can be destroyed again without an error', async () => {
    const { slow } = await ended();
    await slow.session.destroy();
    expect(await slow.commit()).toBe('clear');
  });

  it('becomes a new session by regenerate() without keep: two logins by one double click both work', async () => {
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
  ])('is not created again under a new id by regenerate({ keep: %s }) (S-43)', async (_, keep) => {
    const { app, slow } = await ended();
    await slow.session.regenerate({ keep });
    expect(await slow.commit()).toBe('none');
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    expect(app.store.size).toBe(0);
  });

  it('is not created again by regenerate({ keep }) after a failed save (S-43)', async () => {
    const { app, slow } = await ended();
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await slow.session.regenerate({ keep: 'all' }).catch(() => undefined);
    await Promise.resolve(slow.commit()).catch(() => undefined);
    const held = app.store.size === 0 ? null : await app.dataOf(slow.id);
    expect(held ?? {}).not.toHaveProperty('userId');
  });

  it('becomes a new session by regenerate() after a failed save', async () => {
    const { app, slow } = await ended();
    await expect(slow.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await slow.session.regenerate();
    slow.session['userId'] = 'u2';
    expect(await slow.commit()).toBe('send');
    expect(await app.dataOf(slow.id)).toEqual({ userId: 'u2' });
  });

  it('has got a new id in another request: changes of the slow request are not written (S-9)', async () => {
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
