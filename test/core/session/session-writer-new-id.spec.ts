import { jest } from '@jest/globals';
import type { UserSession } from 'nest-session/http';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { hours } from '../../../lib/core/util/clock.js';
import { Application, everything } from './application.js';

describe('a new id', () => {
  it('is stored synchronously where the store is, so that the response of a login is not held', async () => {
    const app = new Application();
    const login = await app.open(await app.stored({ cart: 1 }));
    await login.session.regenerate({ keep: ['cart'] });
    login.session['userId'] = 'u1';
    expect(login.commit()).toBe('send');
    expect(await app.dataOf(login.id)).toEqual({ cart: 1, userId: 'u1' });
  });
});

describe('a new id beside other requests', () => {
  /** Two requests use the session {role, cart, theme}: one moves it, the other changes it before. */
  const moveWithChanges = async (
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

  it('carries over their changes of kept attributes, and no other attribute', async () => {
    const { app, login } = await moveWithChanges(['role', 'n'], (session) => {
      session['role'] = 'guest';
      session['theme'] = 'light';
      session['fresh'] = true;
    });
    expect(await app.dataOf(login.id)).toEqual({ role: 'guest', n: 1 });
  });

  it('carries over what they added and removed, if all is kept', async () => {
    const { app, login } = await moveWithChanges('all', (session) => {
      delete session['role'];
      session['fresh'] = true;
    });
    expect(await app.dataOf(login.id)).toEqual({ cart: { a: 1, b: 1 }, theme: 'dark', n: 1, fresh: true });
  });

  it('merges both leaf by leaf, and runs functions again', async () => {
    const { app, login } = await moveWithChanges(
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
    const { app, login } = await moveWithChanges('all', (session) => (session['role'] = 'guest'));
    login.session['userId'] = 'u1';
    await login.session.save();
    expect(await app.dataOf(login.id)).toMatchObject({ role: 'guest', userId: 'u1' });
  });

  it('carries over nothing of theirs if nothing is kept, with one store call', async () => {
    const { app, login } = await moveWithChanges([], (session) => (session['role'] = 'guest'));
    expect(await app.dataOf(login.id)).toEqual({});
    expect(app.calls.filter((call) => call === 'rekey')).toHaveLength(1);
  });

  it('carries over a lifetime that they set', async () => {
    const { app, login } = await moveWithChanges('all', (session) => (session.cookie.maxAge = hours(2)));
    const { expiresAt, touchedAt } = (await app.record(login.id))!;
    expect(expiresAt - touchedAt).toBe(hours(2));
  });

  it('fails if they change the session again and again, and ends the old id all the same', async () => {
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
  ])('if the session is released afterwards and its record %s', async (_, destroy) => {
    const { app, id, opened } = await regenerated();
    opened.release(destroy);
    expect(await opened.commit()).toBe('clear');
    await opened.commit();
    expect([await app.dataOf(id), app.store.size, app.calls]).toEqual([null, 0, ['delete']]);
  });

  it('if save() fails, the error is caught, and the session is released', async () => {
    const { app, id, opened } = await regenerated();
    jest.spyOn(app.store, 'rekey').mockRejectedValueOnce(new Error('down'));
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    opened.release(false);
    expect(await opened.commit()).toBe('clear');
    expect(await app.dataOf(id)).toBeNull();
  });

  it('if a failed save() is retried: no kept attribute is lost', async () => {
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
      'the deletion of a released session fails once',
      (app, opened) => {
        opened.release(false);
        jest.spyOn(app.store, 'delete').mockRejectedValueOnce(new Error('down'));
      },
      'STORE',
    ],
  ])('if the commit fails because %s', async (_, prepare, code) => {
    const { app, id, opened } = await regenerated();
    prepare(app, opened);
    await expect(commit(opened)).rejects.toMatchObject({ code: `ERR_SESSION_${code}` });
    expect([await app.dataOf(id), app.store.size]).toEqual([null, 0]);
  });

  it('and the commit fails with its own error if the deletion fails too', async () => {
    const { app, opened } = await regenerated();
    opened.session['big'] = 1n;
    jest.spyOn(app.store, 'delete').mockImplementation(() => {
      throw new Error('down');
    });
    await expect(commit(opened)).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
  });

  it('if the request ends without a response', async () => {
    const { app, id, opened } = await regenerated();
    await app.closeLast();
    expect([await app.dataOf(id), app.store.size]).toEqual([null, 0]);
    expect(opened.isAlive).toBe(true);
  });

  it('without another call if the commit has moved the record', async () => {
    const { app, opened } = await regenerated();
    await opened.commit();
    await app.closeLast();
    expect(app.calls).toEqual(['rekey']);
  });
});

describe('a move to a new id that the store applied although it failed', () => {
  /** The store applies the next move and fails, as after a timeout. */
  const failAfterMove = (app: Application): void => {
    const { rekey } = app.store;
    jest.spyOn(app.store, 'rekey').mockImplementationOnce(async (...args) => {
      await rekey.apply(app.store, args);
      throw new Error('no response in time');
    });
  };

  it('is found by the next save: neither its changes nor later ones are lost', async () => {
    const app = new Application();
    const id = await app.stored({ cart: 'full' });
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: 'all' });
    opened.session['userId'] = 'u1';
    failAfterMove(app);
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
    failAfterMove(app);
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

  it('is not found if the store had not applied it and the session was ended', async () => {
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

describe('a move to a new id with a conflict, while its own request changes the session', () => {
  it('loses neither change: later changes belong to the next write', async () => {
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
