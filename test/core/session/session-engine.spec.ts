import { jest } from '@jest/globals';
import type { SessionEvent } from '../../../lib/core/session-event.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { newSessionId, sessionHandle, sessionKey } from '../../../lib/core/session-id.js';
import { minutes } from '../../../lib/core/util/clock.js';
import { Application, everything } from './application.js';

describe('opening a session', () => {
  it('is synchronous and calls no store if the browser sent no valid cookie', () => {
    const app = new Application();
    const opened = app.open();
    expect(opened).not.toBeInstanceOf(Promise);
    expect((opened as OpenSession).session.isNew).toBe(true);
    expect(app.calls).toEqual([]);
  });

  it('finds the session of the cookie with one call', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const { session } = await app.open(id);
    expect({ ...session }).toEqual({ n: 1 });
    expect([session.isNew, session.id, session.handle]).toEqual([false, id, sessionHandle(sessionKey(id))]);
    expect(app.calls).toEqual(['load']);
  });

  it('opens the one candidate whose session exists, at any position (S-28)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    for (const place of [0, 1, 2, 3]) {
      const ids = Array.from({ length: 4 }, (_, index) => (index === place ? id : newSessionId()));
      const opened = await app.open(ids.map((one) => ({ id: one, current: true })));
      expect([opened.id, { ...opened.session }]).toEqual([id, { n: 1 }]);
    }
    expect([app.calls, app.events]).toEqual([Array(16).fill('load'), []]);
  });

  it('opens neither of two candidates whose sessions exist, emits an event, and deletes nothing', async () => {
    const app = new Application();
    const [one, other] = [await app.stored({ n: 1 }), await app.stored({ n: 2 })];
    const opened = await app.open([one, newSessionId(), other].map((id) => ({ id, current: true })));
    expect([opened.session.isNew, { ...opened.session }]).toEqual([true, {}]);
    expect([one, other]).not.toContain(opened.id);
    await opened.session.destroy();
    expect(app.calls).toEqual(['load', 'load', 'load']);
    expect(await everything(app, [one, other])).toEqual([{ n: 1 }, { n: 2 }]);
    const event = app.events[0] as SessionEvent & { readonly type: 'rejected' };
    expect(app.events).toEqual([
      {
        type: 'rejected',
        reason: 'duplicate-cookie',
        handles: expect.any(Array) as unknown,
        sessionName: 'default',
        at: app.clock.now(),
      },
    ]);
    expect(event.handles).toEqual(
      expect.arrayContaining([one, other].map((id) => sessionHandle(sessionKey(id)))),
    );
  });

  it('loads no session if there are more than four candidates, and opens none', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const ids = [id, ...Array.from({ length: 4 }, newSessionId)];
    const opened = await app.open(ids.map((one) => ({ id: one, current: true })));
    expect([opened.session.isNew, app.calls]).toEqual([true, []]);
    expect(app.events).toMatchObject([{ type: 'rejected', reason: 'duplicate-cookie' }]);
  });

  it('skips a candidate whose session has expired, and does not revive it (S-34)', async () => {
    const app = new Application();
    const old = await app.stored({ n: 'old' });
    app.clock.advance(minutes(10));
    const young = await app.stored({ n: 'young' });
    const opened = await app.open([old, young].map((id) => ({ id, current: true })));
    expect({ ...opened.session }).toEqual({ n: 'young' });
  });

  it('never adopts an unknown id: the stored session gets a new one (S-10, R27)', async () => {
    const app = new Application();
    const planted = newSessionId();
    const opened = await app.open(planted);
    expect(opened.session.isNew).toBe(true);
    opened.session['n'] = 1;
    expect(await opened.commit()).toBe('send');
    expect(opened.id).not.toBe(planted);
    expect(await everything(app, [planted, opened.id])).toEqual([null, { n: 1 }]);
  });

  it('does not use the id of an expired session again (S-10)', async () => {
    const app = new Application();
    const expired = await app.stored({ n: 1 });
    app.clock.advance(minutes(10));
    const opened = await app.open(expired);
    opened.session['n'] = 2;
    await opened.commit();
    expect(opened.id).not.toBe(expired);
  });

  it('rejects if the store failed, with the cause and without key or id (S-68)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const cause = new Error(`connect redis://user:pass@host, key ${sessionKey(id)}`);
    jest.spyOn(app.store, 'load').mockRejectedValue(cause);
    await expect(app.open(id)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      cause,
      message: 'The session store failed to load a session.',
    });
  });

  it('rejects if the store failed for the first of two candidates (S-69)', async () => {
    const app = new Application();
    const [one, other] = [await app.stored({ n: 1 }), await app.stored({ n: 2 })];
    jest.spyOn(app.store, 'load').mockRejectedValueOnce(new Error('down'));
    await expect(app.open([one, other].map((id) => ({ id, current: true })))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    });
  });

  it.each(['{nonsense}', 'null', '[]', '7'])('ignores stored cookie settings that are %s', async (kept) => {
    const app = new Application();
    const id = newSessionId();
    const now = app.clock.now();
    const attributes = new Map([
      ['n', '1'],
      ['$cookie', kept],
    ]);
    await app.store.create(sessionKey(id), {
      createdAt: now,
      touchedAt: now,
      expiresAt: now + 1000,
      principal: null,
      revision: 0,
      attributes,
    });
    const { session } = await app.open(id);
    expect({ ...session }).toEqual({ n: 1 });
    expect(session.cookie.path).toBe('/');
  });
});
