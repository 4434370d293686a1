import { hours, minutes, seconds } from '../../../lib/core/util/clock.js';
import { isStoreFailure } from '../../../lib/core/errors.js';
import { sessionKey, type SessionId } from '../../../lib/core/session-id.js';
import { Application } from './application.js';

/** Users and their present stamps, with a count of the questions. */
class Users {
  readonly stamps = new Map<string, string | null>([
    ['u1', 'first'],
    ['u2', 'first'],
  ]);
  asked: string[] = [];
  readonly of = (principal: string): unknown => {
    this.asked.push(principal);
    return this.stamps.get(principal);
  };
}

/** The id of a session of a user. */
async function loggedIn(app: Application, principal = 'u1'): Promise<SessionId> {
  const opened = await app.open();
  await opened.session.login(principal);
  await opened.session.save();
  app.calls.length = app.events.length = 0;
  return opened.id;
}

describe('the check of a credential stamp', () => {
  let users: Users;
  let app: Application;
  const start = (settings: ConstructorParameters<typeof Application>[0] = {}): Application =>
    (app = new Application({ stampOf: users.of, isOn: true, ...settings }));
  const userOf = async (id: SessionId, node = app): Promise<string | null> =>
    (await node.open(id)).session.principal;

  beforeEach(() => {
    users = new Users();
    start();
  });

  it('ends a session whose user has another credential now (S-46)', async () => {
    const id = await loggedIn(app);
    const { handle } = (await app.open(id)).session;
    app.calls.length = 0;
    users.stamps.set('u1', 'second');
    expect(await userOf(id)).toBe('u1');
    app.clock.advance(minutes(1));
    const opened = await app.open(id);
    expect([opened.session.principal, opened.session.isNew]).toEqual([null, true]);
    expect(await app.record(id)).toBeNull();
    expect(app.events).toMatchObject([
      { type: 'revoked', reason: 'stamp', handle, principal: 'u1', sessionName: 'default' },
      { type: 'rejected', reason: 'stamp', handles: [handle] },
    ]);
    expect(await opened.commit()).toBe('none');
  });

  it('ends a session whose user does not exist any more (S-45)', async () => {
    const id = await loggedIn(app);
    users.stamps.delete('u1');
    app.clock.advance(minutes(1));
    expect(await userOf(id)).toBeNull();
    expect(await app.record(id)).toBeNull();
  });

  it('asks once in checkEvery for all sessions of a user, and never for anonymous ones', async () => {
    const ids = [await loggedIn(app), await loggedIn(app), await app.stored({ cart: 1 })];
    users.asked = [];
    app.clock.advance(minutes(1));
    for (const id of [...ids, ...ids]) await app.open(id);
    expect(users.asked).toEqual(['u1']);
    expect(app.calls.filter((call) => call !== 'load')).toEqual([]);
  });

  it('asks at each request with checkEvery 0', async () => {
    start({ checkEveryMs: 0 });
    const id = await loggedIn(app);
    users.asked = [];
    expect([await userOf(id), await userOf(id)]).toEqual(['u1', 'u1']);
    expect(users.asked).toHaveLength(2);
    users.stamps.set('u1', 'second');
    expect(await userOf(id)).toBeNull();
  });

  it('passes the principal as the application gave it, also of a named session', async () => {
    start({ realm: 'admin' });
    users.stamps.set('$odd:u', 'x');
    const id = await loggedIn(app, '$odd:u');
    expect(await userOf(id)).toBe('$odd:u');
    expect(new Set(users.asked)).toEqual(new Set(['$odd:u']));
  });

  it('asks again before it ends a session: another server may have refreshed it', async () => {
    const id = await loggedIn(app);
    const other = app.restarted({});
    expect(await userOf(id, other)).toBe('u1');
    users.stamps.set('u1', 'second');
    await (await app.open(id)).session.refreshStamp();
    // Its last result is the former stamp.
    expect(await userOf(id, other)).toBe('u1');
    expect(await userOf(id)).toBe('u1');
  });

  it('loads again before it ends a session: another request may have refreshed it', async () => {
    start({ checkEveryMs: 0 });
    const id = await loggedIn(app);
    const holder = await app.open(id);
    users.stamps.set('u1', 'second');
    let release = (): void => undefined;
    const wait = new Promise<void>((resolve) => (release = resolve));
    const slow = app.restarted({
      stampOf: async (principal) => {
        const stamp = users.of(principal);
        await wait;
        return stamp;
      },
    });
    const opening = slow.open(id);
    await holder.session.refreshStamp();
    release();
    expect((await opening).session.principal).toBe('u1');
    expect(await app.record(id)).not.toBeNull();
  });

  it('refuses a session whose record cannot be deleted, at each request', async () => {
    const id = await loggedIn(app);
    users.stamps.set('u1', 'second');
    app.clock.advance(minutes(1));
    app.store.delete = () => {
      throw new Error('down');
    };
    expect([await userOf(id), await userOf(id)]).toEqual([null, null]);
    expect(app.events.filter(({ type }) => type === 'revoked')).toEqual([]);
    Reflect.deleteProperty(app.store, 'delete');
    expect(await userOf(id)).toBeNull();
    expect(app.events).toContainEqual(expect.objectContaining({ type: 'revoked', reason: 'stamp' }));
  });

  it('does not count a refused session where a browser sends several cookies', async () => {
    const [dead, live] = [await loggedIn(app), await loggedIn(app, 'u2')];
    users.stamps.set('u1', 'second');
    app.clock.advance(minutes(1));
    const opened = await app.open([
      { id: dead, current: true },
      { id: live, current: true },
    ]);
    expect(opened.session.principal).toBe('u2');
  });

  it('of an option that fails, fails the load and logs nobody out (S-69)', async () => {
    const id = await loggedIn(app);
    const down = app.restarted({
      stampOf: () => {
        throw new Error('down');
      },
    });
    await expect((async () => down.open(id))()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    const without = await down.open(id, { goesOnWithout: true });
    expect(without.session.isAvailable).toBe(false);
    expect(await userOf(id)).toBe('u1');
  });

  it('of an option that returns no text, fails the load without showing it', async () => {
    const id = await loggedIn(app);
    const wrong = app.restarted({ stampOf: async () => 12_345 });
    const error: unknown = await (async () => wrong.open(id))().catch((reason: unknown) => reason);
    expect([isStoreFailure(error), String(error)]).toEqual([
      false,
      expect.stringMatching(/must return a text, .* got a number/),
    ]);
  });

  it('costs neither a byte nor a call without the option', async () => {
    start({ stampOf: null });
    const id = await loggedIn(app);
    await app.open(id);
    expect(app.calls).toEqual(['load']);
    expect((await app.record(id))!.attributes.has('$stamp')).toBe(false);
  });

  describe('of a session from before the option', () => {
    let id: SessionId;
    beforeEach(async () => {
      const before = start({ stampOf: null });
      id = await loggedIn(before);
      app = before.restarted({ stampOf: users.of });
    });
    const stampIn = async (): Promise<string | undefined> => (await app.record(id))!.attributes.get('$stamp');

    it('binds it by the first request, with one write', async () => {
      const first = await app.open(id);
      expect(first.session.principal).toBe('u1');
      expect(await first.commit()).toBe('none');
      expect(app.calls).toEqual(['load', 'patch']);
      expect(await stampIn()).toBeDefined();
      await (await app.open(id)).commit();
      expect(app.calls).toEqual(['load', 'patch', 'load']);
      users.stamps.set('u1', 'second');
      app.clock.advance(minutes(1));
      expect(await userOf(id)).toBeNull();
    });

    it('binds it to the stamp of its load', async () => {
      const first = await app.open(id);
      users.stamps.set('u1', 'second');
      await first.commit();
      app.clock.advance(minutes(1));
      expect(await userOf(id)).toBeNull();
    });

    it('keeps the stamp of another request that was faster', async () => {
      const [first, second] = [await app.open(id), await app.open(id)];
      await first.commit();
      await second.commit();
      expect(await userOf(id)).toBe('u1');
    });

    it.each([
      ['before', 'saves', false],
      ['before', 'moves it', true],
      ['after', 'saves', false],
      ['after', 'moves it', true],
    ])('keeps the stamp that another request refreshes %s this one %s (S-46)', async (order, _, moves) => {
      app = app.restarted({ checkEveryMs: 0 });
      const [slow, other] = [await app.open(id), await app.open(id)];
      const refresh = async (): Promise<void> => {
        users.stamps.set('u1', 'second');
        await other.session.refreshStamp();
      };
      if (order === 'before') await refresh();
      slow.session['n'] = 1;
      await slow.session.save();
      if (order === 'after') await refresh();
      if (moves) await slow.session.regenerate({ keep: 'all' });
      await slow.commit();
      expect(await userOf(slow.id)).toBe('u1');
      expect(await app.dataOf(slow.id)).toEqual({ n: 1 });
    });

    it('ends it where its user exists no more', async () => {
      users.stamps.delete('u1');
      expect(await userOf(id)).toBeNull();
    });
  });

  describe('in reload()', () => {
    it('rejects once the credential has changed, and deletes the record', async () => {
      const id = await loggedIn(app);
      const opened = await app.open(id);
      await opened.session.reload();
      users.stamps.set('u1', 'second');
      app.clock.advance(minutes(1));
      await expect(opened.session.reload()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
      expect(await app.record(id)).toBeNull();
      expect(app.events).toMatchObject([{ type: 'revoked', reason: 'stamp', principal: 'u1' }]);
    });

    it('binds a session from before the option', async () => {
      const before = start({ stampOf: null });
      const id = await loggedIn(before);
      app = before.restarted({ stampOf: users.of });
      const opened = await app.open(id);
      await opened.session.reload();
      await opened.commit();
      expect((await app.store.load(sessionKey(id)))!.attributes.has('$stamp')).toBe(true);
    });
  });

  it('leaves expired sessions to their expiry', async () => {
    const id = await loggedIn(app);
    users.asked = [];
    app.clock.advance(hours(9) + seconds(1));
    expect(await userOf(id)).toBeNull();
    expect(users.asked).toEqual([]);
  });
});
