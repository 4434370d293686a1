import type { SessionId } from '../../../lib/core/session-id.js';
import { minutes } from '../../../lib/core/util/clock.js';
import { Application } from './application.js';

const ABOUT = { sessionName: 'default', at: 1_700_000_000_000 };

/** A stored session, and the application without the events of before. */
async function prepared(attributes = { n: 1 }): Promise<{ app: Application; id: SessionId }> {
  const app = new Application({ isOn: true });
  const id = await app.stored(attributes);
  app.events.length = 0;
  return { app, id };
}

describe('the events of a session', () => {
  it('created: a store holds it', async () => {
    const app = new Application({ isOn: true });
    const opened = await app.open();
    opened.session['n'] = 1;
    expect(app.events).toEqual([]);
    await opened.commit();
    expect(app.events).toEqual([
      { type: 'created', handle: opened.session.handle, principal: null, ...ABOUT },
    ]);
  });

  it('created and login, where a login makes the session', async () => {
    const app = new Application({ isOn: true, realm: 'admin' });
    const opened = await app.open();
    await opened.session.login('u1', { method: 'pwd' });
    await opened.commit();
    const about = { ...ABOUT, sessionName: 'admin', handle: opened.session.handle, principal: 'u1' };
    expect(app.events).toEqual([
      { type: 'created', ...about },
      { type: 'login', formerHandle: null, method: 'pwd', isStepUp: false, ...about },
    ]);
  });

  it('login, with the handle of before, and a step-up, whose handle is the same', async () => {
    const { app, id } = await prepared();
    const opened = await app.open(id);
    const { handle: formerHandle } = opened.session;
    await opened.session.login('u1');
    expect(app.events).toEqual([]);
    await opened.session.save();
    await opened.session.login('u1', { method: 'otp' });
    await opened.commit();
    const about = { type: 'login', handle: opened.session.handle, principal: 'u1', ...ABOUT };
    expect(app.events).toEqual([
      { ...about, formerHandle, method: null, isStepUp: false },
      { ...about, formerHandle: null, method: 'otp', isStepUp: true },
    ]);
  });

  it('regenerated', async () => {
    const { app, id } = await prepared();
    const opened = await app.open(id);
    const { handle: formerHandle } = opened.session;
    await opened.session.regenerate();
    await opened.session.regenerate();
    await opened.commit();
    const { handle } = opened.session;
    expect(app.events).toEqual([{ type: 'regenerated', formerHandle, handle, principal: null, ...ABOUT }]);
  });

  it('logout: the request has ended its own session, once', async () => {
    const { app, id } = await prepared();
    const [opened, second] = [await app.open(id), await app.open(id)];
    const { handle } = opened.session;
    await opened.session.destroy();
    await second.session.destroy();
    await opened.commit();
    expect(app.events).toEqual([{ type: 'logout', handle, principal: null, ...ABOUT }]);
  });

  it('logout of a session that was about to get a new id has its stored handle', async () => {
    const { app, id } = await prepared();
    const opened = await app.open(id);
    const { handle } = opened.session;
    await opened.session.regenerate();
    await opened.session.destroy();
    expect(app.events).toEqual([{ type: 'logout', handle, principal: null, ...ABOUT }]);
  });

  it('none for a write that fails, and one when it is tried again', async () => {
    const { app, id } = await prepared();
    const opened = await app.open(id);
    await opened.session.login('u1');
    const { rekey } = app.store;
    app.store.rekey = () => {
      throw new Error('down');
    };
    await expect(opened.session.save()).rejects.toThrow();
    app.store.rekey = rekey;
    await opened.session.save();
    expect(app.events.map(({ type }) => type).filter((type) => !type.startsWith('store'))).toEqual(['login']);
  });

  it.each(['unknown-id', 'expired'] as const)('rejected: %s', async (reason) => {
    const { app, id } = await prepared();
    const opened = await app.open(id);
    await opened.session.regenerate({ keep: 'all' });
    await opened.commit();
    app.events.length = 0;
    const { handle } = opened.session;
    if (reason === 'expired') app.clock.advance(minutes(10));
    else app.store.load = () => null;
    await app.open(opened.id);
    const at = app.clock.now();
    const [event] = app.events;
    expect(event).toMatchObject({ type: 'rejected', reason, sessionName: 'default', at });
    // A record that is gone had a handle that nobody can look up.
    if (reason === 'expired') expect(event).toMatchObject({ handles: [handle] });
  });

  it('none of them where nobody listens', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    await opened.session.login('u1');
    await opened.session.save();
    await opened.session.destroy();
    await app.open(opened.id);
    expect(app.events).toEqual([]);
  });

  it('contain no id and no data', async () => {
    const { app, id } = await prepared({ n: 1, mail: 'private' } as never);
    const opened = await app.open(id);
    await opened.session.login('u1', { keep: ['mail'] as never });
    await opened.session.save();
    await opened.session.destroy();
    await app.open(opened.id);
    expect(app.events).toHaveLength(3);
    const text = JSON.stringify(app.events);
    for (const secret of [id, opened.id, 'private']) expect(text).not.toContain(secret);
  });
});
