import { newSessionId, sessionKey } from '../../../lib/core/session-id.js';
import { Application } from './application.js';

const ERROR_NAME = { code: 'ERR_SESSION_NAME' };

describe('a new id whose attempts are all in use (S-12)', () => {
  it.each(['save', 'regenerate'] as const)(
    'never gives access to the session that uses it, by a later %s',
    async (later) => {
      const taken = newSessionId();
      const owner = new Application({ newId: () => taken });
      await owner.stored({ secret: 'of the owner' });
      const visitor = owner.restarted({ newId: newSessionId });
      const id = await visitor.stored({ mine: 1 });
      let attempts = 0;
      const colliding = visitor.restarted({ newId: () => (attempts++ < 4 ? taken : newSessionId()) });
      const opened = await colliding.open(id);
      await opened.session.regenerate({ keep: 'all' });
      await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_ID' });
      if (later === 'regenerate') await opened.session.regenerate({ keep: 'all' });
      await opened.session.save().catch(() => undefined);
      expect(opened.session['secret']).toBeUndefined();
      expect(await owner.dataOf(taken)).toEqual({ secret: 'of the owner' });
    },
  );
});

describe('regenerate() that throws', () => {
  it.each([
    ['destroyed', (session: { destroy(): Promise<void> }) => session.destroy(), 'clear'],
    ['live', () => Promise.resolve(), 'none'],
  ] as const)('leaves a %s session as it was', async (kind, before, outcome) => {
    const app = new Application();
    const id = await app.stored({ user: 'alice' });
    const opened = await app.open(id);
    Object.freeze(opened.session);
    await before(opened.session);
    await expect(opened.session.regenerate()).rejects.toMatchObject(ERROR_NAME);
    expect(await opened.commit()).toBe(outcome);
    expect(opened.id).toBe(id);
    expect(await app.dataOf(id)).toEqual(kind === 'live' ? { user: 'alice' } : null);
  });

  it('does so for a name that is not a string', async () => {
    const app = new Application();
    const id = await app.stored({ user: 'alice' });
    const opened = await app.open(id);
    await expect(opened.session.regenerate({ keep: [1 as never] })).rejects.toThrow(TypeError);
    expect(await opened.commit()).toBe('none');
    expect(opened.session['user']).toBe('alice');
  });
});

describe('a session that another request has ended', () => {
  it('is not created again by destroy() and regenerate() (S-43)', async () => {
    const app = new Application();
    const id = await app.stored({ user: 'alice' });
    const [opened, other] = [await app.open(id), await app.open(id)];
    await other.session.destroy();
    opened.session['n'] = 1;
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await opened.session.destroy();
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    await opened.session.regenerate({ keep: 'all' });
    await opened.commit();
    expect(await app.dataOf(opened.id)).toEqual({ n: 1 });
  });
});

describe('a record that this request has created', () => {
  it.each([
    ['a new id', (session: { regenerate(): Promise<void> }) => session.regenerate()],
    ['a reload', (session: { reload(): Promise<void> }) => session.reload()],
  ] as const)('is removed if no browser gets its cookie, also after %s', async (_, step) => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    await opened.session.save();
    await step(opened.session);
    await opened.session.save();
    const { id } = opened;
    await opened.removeUndelivered();
    expect(await app.store.load(sessionKey(id))).toBeNull();
  });
});

describe('touch()', () => {
  it('counts also if the session is reloaded afterwards', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.touch();
    await opened.session.reload();
    app.calls.length = 0;
    await opened.commit();
    expect(app.calls).toEqual(['patch']);
  });
});

describe('the cookie of a session', () => {
  it('keeps its settings beside a property of the application', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    const cookie = opened.session.cookie as { path: string; settings?: string };
    cookie.path = '/app';
    cookie.settings = 'x';
    expect(await opened.commit()).toBe('send');
    expect(opened.session.cookie.path).toBe('/app');
  });
});

describe('a new id that is requested while a save is pending', () => {
  it('ends the old id also if its commit fails (S-9)', async () => {
    const app = new Application();
    const id = await app.stored({ user: 'alice' });
    const opened = await app.open(id);
    const rekey = app.store.rekey.bind(app.store);
    const patch = app.store.patch.bind(app.store);
    app.store.patch = async (...args: Parameters<typeof patch>) => patch(...args);
    app.store.rekey = () => Promise.reject(new Error('down'));
    opened.session['n'] = 1;
    void opened.session.save();
    void opened.session.regenerate();
    await expect(Promise.resolve(opened.commit())).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    app.store.rekey = rekey;
    expect(await app.dataOf(id)).toBeNull();
  });
});
