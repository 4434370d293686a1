import { minutes } from '../../../lib/core/util/clock.js';
import type { UserSession } from 'nest-session/http';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import { Application } from './application.js';

describe('the binding of a session to a credential stamp', () => {
  let stamps: Map<string, unknown>;
  let asked: number;
  let app: Application;
  const of = (principal: string): unknown => {
    asked++;
    return stamps.get(principal);
  };
  const start = (settings: ConstructorParameters<typeof Application>[0] = {}): void => {
    app = new Application({ stampOf: of, isOn: true, ...settings });
  };
  beforeEach(() => {
    stamps = new Map([
      ['u1', 'first'],
      ['u2', 'first'],
    ]);
    asked = 0;
    start();
  });

  const loggedIn = async (principal = 'u1'): Promise<SessionId> => {
    const opened = await app.open();
    await opened.session.login(principal);
    await opened.commit();
    app.calls.length = 0;
    return opened.id;
  };
  const stampIn = async (id: SessionId): Promise<string | undefined> =>
    (await app.record(id))?.attributes.get('$stamp');
  const userOf = async (id: SessionId, node = app): Promise<string | null> =>
    (await node.open(id)).session.principal;
  const opensAfterAMinute = async (id: SessionId): Promise<boolean> => {
    app.clock.advance(minutes(1));
    return (await userOf(id)) !== null;
  };
  /** Opens the session, runs a step and commits. Returns the id afterwards. */
  const visit = async (id: SessionId, step: (opened: OpenSession) => unknown): Promise<SessionId> => {
    const opened = await app.open(id);
    await step(opened);
    await opened.commit();
    return opened.id;
  };

  describe('by a login', () => {
    it('happens when the login is stored, with one call of the option', async () => {
      const opened = await app.open();
      await opened.session.login('u1');
      expect(asked).toBe(0);
      await opened.commit();
      expect([asked, app.calls]).toEqual([1, ['create']]);
      expect(await stampIn(opened.id)).toMatch(/^"[\w-]{43}"$/);
      expect(JSON.stringify([...(await app.record(opened.id))!.attributes])).not.toContain('first');
    });

    it('is the present stamp, although a former one is kept', async () => {
      const former = await loggedIn();
      await app.open(former);
      stamps.set('u1', 'second');
      const id = await loggedIn();
      expect(await opensAfterAMinute(id)).toBe(true);
      expect(await userOf(former)).toBeNull();
    });

    it('is noticed by the other requests of this server at once', async () => {
      const former = await loggedIn();
      await app.open(former);
      stamps.set('u1', 'second');
      await loggedIn();
      expect(await userOf(former)).toBeNull();
    });

    it('of a step-up binds again', async () => {
      const id = await loggedIn();
      const opened = await app.open(id);
      stamps.set('u1', 'second');
      await opened.session.login('u1', { method: 'otp' });
      await opened.commit();
      expect(await opensAfterAMinute(opened.id)).toBe(true);
    });

    it('of another user binds to that one', async () => {
      const id = await visit(await loggedIn(), ({ session }) => session.login('u2'));
      stamps.set('u1', 'second');
      expect(await opensAfterAMinute(id)).toBe(true);
      stamps.set('u2', 'second');
      expect(await opensAfterAMinute(id)).toBe(false);
    });

    it('by the option principal binds too, and a logout by it unbinds', async () => {
      start({ principalOf: (session: UserSession) => session['user'] });
      const id = await app.stored({ user: 'u1' });
      expect(await stampIn(id)).toBeDefined();
      const anonymous = await visit(id, ({ session }) => delete session['user']);
      expect((await app.record(anonymous))!.principal).toBeNull();
      expect(await stampIn(anonymous)).toBeUndefined();
    });

    it('fails where the stamp changes between the question and the next load', async () => {
      const opened = await app.open();
      await opened.session.login('u1');
      await opened.commit();
      stamps.set('u1', 'second');
      expect(await opensAfterAMinute(opened.id)).toBe(false);
    });

    it('fails with the option, and ends the old id (S-9)', async () => {
      const id = await app.stored({ cart: 1 });
      const opened = await app.open(id);
      stamps.set('u1', Promise.reject(new Error('down')));
      await opened.session.login('u1');
      await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
      expect(await app.record(id)).toBeNull();
      stamps.set('u1', 'first');
      await opened.session.save();
      expect(await userOf(opened.id)).toBe('u1');
    });

    it('fails where there is no such user', async () => {
      const opened = await app.open();
      await opened.session.login('nobody');
      await expect((async () => opened.commit())()).rejects.toMatchObject({
        code: 'ERR_SESSION_VALUE',
        message: expect.stringContaining('no such user') as unknown,
      });
      expect(await app.record(opened.id)).toBeNull();
    });

    it('is not asked for where nothing is stored', async () => {
      const opened = await app.open(undefined, { channel: 'insecure' });
      await opened.session.login('u1');
      await opened.session.destroy();
      await opened.commit();
      expect(asked).toBe(0);
    });
  });

  describe('by a new id', () => {
    it('stays with regenerate({ keep: "all" }), also where it is a former one', async () => {
      const id = await visit(await loggedIn(), ({ session }) => session.regenerate({ keep: 'all' }));
      expect([await userOf(id), asked]).toEqual(['u1', 1]);
      const opened = await app.open(id);
      stamps.set('u1', 'second');
      await opened.session.regenerate({ keep: 'all' });
      await opened.commit();
      expect(await opensAfterAMinute(opened.id)).toBe(false);
    });

    it('is dropped with regenerate()', async () => {
      const id = await visit(await loggedIn(), ({ session }) => session.regenerate());
      expect(await app.record(id)).toMatchObject({ principal: null });
      expect(await stampIn(id)).toBeUndefined();
    });

    it('stays where regenerate() keeps what the option principal reads', async () => {
      start({ principalOf: (session: UserSession) => session['user'] });
      const id = await app.stored({ user: 'u1' });
      await app.open(id);
      stamps.set('u1', 'second');
      // A request that a former result admits must not be bound to the present one.
      const moved = await visit(id, async ({ session }) => {
        await session.regenerate({ keep: ['user'] });
      });
      expect((await app.record(moved))!.principal).toBe('u1');
      expect(await opensAfterAMinute(moved)).toBe(false);
    });

    it('is the one that another request has refreshed meanwhile (S-46)', async () => {
      start({ principalOf: (session: UserSession) => session['user'], checkEveryMs: 0 });
      for (const keep of ['all', ['user']] as const) {
        const id = await app.stored({ user: 'u1' });
        const other = await app.open(id);
        const moved = await visit(id, async ({ session }) => {
          await session.regenerate({ keep });
          stamps.set('u1', `changed for ${String(keep)}`);
          await other.session.refreshStamp();
        });
        expect(await userOf(moved)).toBe('u1');
      }
    });

    it('is the refreshed one where both happen in one request', async () => {
      start({ principalOf: (session: UserSession) => session['user'] });
      for (const keep of ['all', ['user']] as const) {
        const id = await app.stored({ user: 'u2' });
        const moved = await visit(id, async ({ session }) => {
          stamps.set('u2', `changed for ${String(keep)}`);
          await session.refreshStamp();
          await session.regenerate({ keep });
        });
        expect(await opensAfterAMinute(moved)).toBe(true);
      }
    });
  });

  describe('by refreshStamp()', () => {
    it('keeps this session and ends the others (S-46)', async () => {
      const [mine, other] = [await loggedIn(), await loggedIn()];
      await app.open(other);
      const opened = await app.open(mine);
      app.calls.length = 0;
      stamps.set('u1', 'second');
      await opened.session.refreshStamp();
      expect(app.calls).toEqual(['patch']);
      expect(await opened.commit()).toBe('none');
      expect(app.calls).toEqual(['patch']);
      expect([await userOf(mine), await userOf(other)]).toEqual(['u1', null]);
      expect(opened.id).toBe(mine);
    });

    it('saves what the request has changed, as save() does', async () => {
      const id = await loggedIn();
      const opened = await app.open(id);
      opened.session['changed'] = true;
      await opened.session.refreshStamp();
      expect(await app.dataOf(id)).toEqual({ changed: true });
    });

    it('is not undone by a slower request of the same session', async () => {
      const id = await loggedIn();
      const [slow, other] = [await app.open(id), await app.open(id)];
      stamps.set('u1', 'second');
      await other.session.refreshStamp();
      slow.session['late'] = true;
      await slow.commit();
      expect(await opensAfterAMinute(id)).toBe(true);
      const moving = await app.open(id);
      stamps.set('u1', 'third');
      await (await app.open(id)).session.refreshStamp();
      await moving.session.regenerate({ keep: 'all' });
      await moving.commit();
      expect(await opensAfterAMinute(moving.id)).toBe(true);
    });

    it('works in a request that has a new id, and after a login', async () => {
      const id = await visit(await loggedIn(), async ({ session }) => {
        stamps.set('u1', 'second');
        await session.regenerate({ keep: 'all' });
        await session.refreshStamp();
      });
      expect(await opensAfterAMinute(id)).toBe(true);
      const again = await visit(id, async ({ session }) => {
        await session.login('u1');
        stamps.set('u1', 'third');
        await session.refreshStamp();
      });
      expect(await opensAfterAMinute(again)).toBe(true);
    });

    it('is carried out by the response where it has failed because of the option', async () => {
      const id = await loggedIn();
      const opened = await app.open(id);
      stamps.set('u1', Promise.reject(new Error('down')));
      await expect(opened.session.refreshStamp()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
      stamps.set('u1', 'second');
      opened.session['changed'] = true;
      await opened.commit();
      expect(await opensAfterAMinute(id)).toBe(true);
    });

    it('rejects where another request has ended the session', async () => {
      const id = await loggedIn();
      const opened = await app.open(id);
      await (await app.open(id)).session.destroy();
      await expect(opened.session.refreshStamp()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    });

    it('rejects without a user, and without the option', async () => {
      const anonymous = await app.open(await app.stored({ cart: 1 }));
      await expect(anonymous.session.refreshStamp()).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
      const id = await loggedIn();
      const ended = await app.open(id);
      await ended.session.destroy();
      await expect(ended.session.refreshStamp()).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
      const other = await app.restarted({ stampOf: null }).open(await loggedIn());
      await expect(other.session.refreshStamp()).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('credentialStamp') as unknown,
      });
    });

    it('rejects a user who does not exist any more, and the session stays as it is', async () => {
      const id = await loggedIn();
      const before = await stampIn(id);
      const opened = await app.open(id);
      stamps.delete('u1');
      await expect(opened.session.refreshStamp()).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
      expect(await stampIn(id)).toBe(before);
    });
  });
});
