import { jest } from '@jest/globals';
import type { UserSession } from 'nest-session/http';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { seconds } from '../../../lib/core/util/clock.js';
import { Application } from './application.js';

describe('concurrent requests', () => {
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
      'keep both leaves of an attribute that both added',
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
      'do not restore a leaf that one removed',
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
      'do not restore an attribute that one removed',
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
      'keep the later value if both set a scalar',
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
      'keep the later value if both set an array',
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
    'do not restore a user that one of them set to %j, whichever commits later (S-43)',
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

  it('need one call each without a conflict, and one more call for a conflict', async () => {
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

  it('merge over several commits of each request', async () => {
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

  it('cannot pass an async function to update(): it throws a typed error and does not change the attribute', async () => {
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

  it('do not change an attribute if update() returns a value that JSON cannot represent (S-74)', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    expect(() => opened.session.update<unknown>('n', () => new Map())).toThrow('n is a Map');
    expect([opened.session['n'], opened.hasChanges()]).toEqual([1, false]);
  });

  it('fail after a limited number of retries, with an error that names the fix', async () => {
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

  it('shows the stored value, so that a plain assignment does not lose a count of another request (S-64)', async () => {
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

  it('shows the other attributes that other requests changed, added and removed', async () => {
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

  it('shows a removal of another request', async () => {
    const { session } = await merging({ user: { seen: 0 } }, (s) => void (s['user'] = null));
    (session['user'] as { seen: number }).seen = 1;
    await session.save();
    expect({ ...session }).toEqual({ user: null });
  });

  it('keeps changes that were made while the save was under way, and merges them next', async () => {
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

  it('shows the stored values also if the save moved the session to a new id', async () => {
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

describe('a write that the store applied although it failed', () => {
  const add =
    (step: number) =>
    (n = 0): number =>
      n + step;
  /** The store applies the next `times` writes of a kind and fails, as after a timeout. */
  const failAfter = (app: Application, method: 'patch' | 'rekey', times = 1): void => {
    const original = app.store[method].bind(app.store) as (...args: unknown[]) => Promise<unknown>;
    const spy = jest.spyOn(app.store, method) as unknown as jest.SpiedFunction<
      (...args: unknown[]) => Promise<unknown>
    >;
    for (let time = 0; time < times; time++) {
      spy.mockImplementationOnce(async (...args) => {
        await original(...args);
        throw new Error('no response in time');
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

  it('counts once with update(): an applied function does not run again', async () => {
    const { app, id, opened } = await opening({ n: 5 });
    opened.session.update('n', add(1));
    failAfter(app, 'patch');
    await failedSave(opened);
    app.clock.advance(seconds(2));
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 6 });
    expect(opened.session['n']).toBe(6);
  });

  it('counts once, and writes what was counted, set and added since', async () => {
    const { app, id, opened } = await opening({ n: 5, m: 0, cart: {} });
    opened.session.update('n', add(1));
    opened.session.update('m', add(1));
    failAfter(app, 'patch');
    await failedSave(opened);
    opened.session.update('n', add(10));
    opened.session['m'] = 7;
    opened.session['cart'] = { a: 1 };
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 16, m: 7, cart: { a: 1 } });
  });

  it('counts once if an applied change was reset since', async () => {
    const { app, id, opened } = await opening({ n: 5, m: 0 });
    opened.session.update('n', add(1));
    opened.session.update('m', add(1));
    failAfter(app, 'patch');
    await failedSave(opened);
    opened.session['m'] = 0;
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 6, m: 0 });
  });

  it('counts once after several of them', async () => {
    const { app, id, opened } = await opening({ n: 5 });
    failAfter(app, 'patch', 3);
    for (let save = 0; save < 3; save++) {
      opened.session.update('n', add(1));
      await failedSave(opened);
      app.clock.advance(1);
    }
    opened.session.update('n', add(1));
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 9 });
  });

  it('counts once after another request has counted', async () => {
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
        throw new Error('no response in time');
      });
    await failedSave(opened);
    opened.session.update('n', add(10));
    await opened.commit();
    expect(await app.dataOf(id)).toEqual({ n: 116 });
  });

  it('counts once if the session gets a new id afterwards', async () => {
    const { app, opened } = await opening({ n: 5 });
    opened.session.update('n', add(1));
    failAfter(app, 'patch');
    await failedSave(opened);
    opened.session.update('n', add(10));
    await opened.session.regenerate({ keep: 'all' });
    expect(await opened.commit()).toBe('send');
    expect(await app.dataOf(opened.id)).toEqual({ n: 16 });
  });

  it('counts again if the store had not applied it and another request has written', async () => {
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
