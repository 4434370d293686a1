import { jest } from '@jest/globals';
import { newSessionId, type SessionId } from '../../../lib/core/session-id.js';
import { hours, minutes, seconds } from '../../../lib/core/util/clock.js';
import { Application, everything, type Settings } from './application.js';

describe('ids', () => {
  const sequence = (...ids: SessionId[]): (() => SessionId) & { made: () => number } => {
    let made = 0;
    return Object.assign(() => ids[Math.min(made++, ids.length - 1)]!, { made: () => made });
  };

  it('are made on first read', async () => {
    const newId = jest.fn(newSessionId);
    const app = new Application({ newId });
    const opened = await app.open();
    await opened.commit();
    expect(newId).not.toHaveBeenCalled();
    expect(opened.session.id).toBe(opened.session.id);
    expect(newId).toHaveBeenCalledTimes(1);
  });

  it('are made with the context of the request', async () => {
    const newId = jest.fn(newSessionId);
    const request = { url: '/' };
    void (await new Application({ newId }).open(undefined, { context: request })).session.id;
    expect(newId).toHaveBeenCalledWith(request);
  });

  it('that were read while newId failed are not used as the new id (S-9)', async () => {
    const opened: { session: { id: string } }[] = [];
    const read: unknown[] = [];
    const next = newSessionId();
    const newId = jest.fn(() => {
      read.push(opened[0]!.session.id);
      if (read.length === 1) throw new Error('no id');
      return next;
    });
    const earlier = new Application();
    const id = await earlier.stored({ n: 1 });
    const found = await earlier.restarted({ newId }).open(id);
    opened.push(found);
    await found.session.regenerate();
    expect(() => found.session.id).toThrow('no id');
    expect(found.session.id).toBe(next);
    expect(read).toEqual([id, id]);
  });

  it('that are in use are replaced, and the other session does not change (S-12)', async () => {
    const taken = newSessionId();
    const free = newSessionId();
    const app = new Application({ newId: sequence(taken, taken, taken, free) });
    expect(await app.stored({ owner: 'first' })).toBe(taken);
    const second = await app.open();
    second.session['owner'] = 'second';
    expect(await second.commit()).toBe('send');
    expect(second.session.id).toBe(free);
    expect(await everything(app, [taken, free])).toEqual([{ owner: 'first' }, { owner: 'second' }]);
  });

  it('that are always the same cause an error that names genid, never the id (S-12)', async () => {
    const taken = newSessionId();
    const app = new Application({ newId: () => taken });
    await app.stored({ owner: 'first' });
    const second = await app.open();
    second.session['owner'] = 'second';
    const failed = await (async () => second.commit())().then(
      () => null,
      (error: unknown) => error as Error,
    );
    expect(failed).toMatchObject({
      code: 'ERR_SESSION_ID',
      message: expect.stringContaining('genid') as string,
    });
    expect(failed!.message).not.toContain(taken);
    expect(await app.dataOf(taken)).toEqual({ owner: 'first' });
  });

  it('of a regenerated session are never the old one, even if genid returns it again (S-9)', async () => {
    const [old, next] = [newSessionId(), newSessionId()];
    const app = new Application({ newId: sequence(old, old, next) });
    await app.stored({ n: 1 });
    const opened = await app.open(old);
    await opened.session.regenerate({ keep: 'all' });
    expect(await opened.commit()).toBe('send');
    expect(opened.session.id).toBe(next);
    expect(await everything(app, [old, next])).toEqual([null, { n: 1 }]);
  });
});

describe('touching', () => {
  it.each<[string, Partial<Settings>, number, boolean]>([
    ['before a minute of a long idle timeout', { idleMs: hours(1) }, minutes(1) - 1, false],
    ['at a minute of a long idle timeout', { idleMs: hours(1) }, minutes(1), true],
    ['before a tenth of a short idle timeout', { idleMs: minutes(5) }, seconds(30) - 1, false],
    ['at a tenth of a short idle timeout', { idleMs: minutes(5) }, seconds(30), true],
    ['before touchEvery', { touchEveryMs: minutes(5) }, minutes(5) - 1, false],
    ['at touchEvery', { touchEveryMs: minutes(5) }, minutes(5), true],
    ['in the same millisecond', { touchEveryMs: 1 }, 0, false],
    ['in the same millisecond with resave', { resave: true }, 0, true],
    [
      'at a tenth of the lifetime of the cookie',
      { cookie: { maxAge: minutes(1) }, idleMs: minutes(1) },
      seconds(6),
      true,
    ],
  ])('%s', async (_, settings, passed, touched) => {
    const app = new Application(settings);
    const id = await app.stored({ n: 1 });
    const before = await app.record(id);
    app.clock.advance(passed);
    expect(await (await app.open(id)).commit()).toBe('none');
    expect(app.calls).toEqual(touched ? ['load', 'patch'] : ['load']);
    const moved = touched ? passed : 0;
    expect(await app.record(id)).toEqual({
      ...before,
      touchedAt: before!.touchedAt + moved,
      expiresAt: before!.expiresAt + moved,
    });
  });

  it('is due after touch(), once', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(1);
    const opened = await app.open(id);
    opened.session.touch();
    await opened.commit();
    await opened.commit();
    expect(app.calls).toEqual(['load', 'patch']);
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it('creates no record of a visitor', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session.touch();
    expect(await opened.commit()).toBe('none');
    expect(app.store.size).toBe(0);
  });

  it('with resave does not undo changes of another request (S-64)', async () => {
    const app = new Application({ resave: true });
    const id = await app.stored({ n: 1 });
    const [slow, quick] = [await app.open(id), await app.open(id)];
    void slow.session['n'];
    quick.session['n'] = 2;
    await quick.commit();
    await slow.commit();
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('does not extend the absolute timeout (S-35)', async () => {
    const app = new Application({ absoluteMs: minutes(15) });
    const id = await app.stored({ n: 1 });
    const end = app.clock.now() + minutes(15);
    app.clock.advance(minutes(9));
    await (await app.open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(end);
    app.clock.advance(minutes(6));
    expect((await app.open(id)).session.isNew).toBe(true);
  });

  it('does not create a session again that was destroyed meanwhile (S-43)', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [slow, logout] = [await app.open(id), await app.open(id)];
    slow.session.touch();
    await logout.session.destroy();
    expect(await slow.commit()).toBe('none');
    expect(app.store.size).toBe(0);
  });
});

describe('timeouts that are changed while sessions exist', () => {
  it('a shorter absolute timeout applies to them (S-35)', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(hours(1));
    expect((await app.restarted({ absoluteMs: hours(2) }).open(id)).session.isNew).toBe(false);
    expect((await app.restarted({ absoluteMs: hours(1) }).open(id)).session.isNew).toBe(true);
  });

  it('a shorter idle timeout applies to those that were unused for longer (S-34)', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(10));
    expect((await app.restarted({ idleMs: minutes(11) }).open(id)).session.isNew).toBe(false);
    expect((await app.restarted({ idleMs: minutes(10) }).open(id)).session.isNew).toBe(true);
  });

  it('a shorter idle timeout applies to those in use at their next touch (S-34)', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(1));
    await (await app.restarted({ idleMs: minutes(5) }).open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + minutes(5));
  });

  it('a shorter idle timeout does not apply to a session with its own lifetime', async () => {
    const app = new Application({ idleMs: hours(8) });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(4);
    await opened.commit();
    app.clock.advance(hours(1));
    expect((await app.restarted({ idleMs: minutes(5) }).open(id)).session.isNew).toBe(false);
  });

  it('a longer idle timeout applies to those in use at their next touch', async () => {
    const app = new Application({ idleMs: minutes(10) });
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(5));
    await (await app.restarted({ idleMs: hours(4) }).open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(4));
  });
});
