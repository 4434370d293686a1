import { LIFETIME } from '../../../lib/core/session/own-attributes.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import { days, hours, minutes } from '../../../lib/core/util/clock.js';
import type { UserSession } from '../../../lib/core/session/user-session.js';
import { Application } from './application.js';

const PASSIVE = { isPassive: true } as const;

/** When the store holds that the session was last used, and when it expires. */
async function timesOf(app: Application, id: SessionId) {
  const { touchedAt, expiresAt } = (await app.record(id))!;
  return { touchedAt, expiresAt };
}

describe('a request that does not count as activity', () => {
  it.each([{}, { rolling: true }, { resave: true }, { rolling: true, resave: true }])(
    'neither writes nor extends the session, nor sends the cookie: %p (S-34)',
    async (policy) => {
      const app = new Application({ ...policy, cookie: { maxAge: days(1) } });
      const id = await app.stored({ n: 1 });
      const before = await timesOf(app, id);
      app.calls.length = 0;
      for (let polls = 0; polls < 8; polls++) {
        app.clock.advance(minutes(1));
        const request = await app.open(id, PASSIVE);
        expect(request.session['n']).toBe(1);
        expect(request.session.expiresAt).toBe(before.expiresAt);
        expect(request.plannedCookie()).toBe('none');
        expect(await request.commit()).toBe('none');
      }
      expect(new Set(app.calls)).toEqual(new Set(['load']));
      expect(await timesOf(app, id)).toEqual(before);
      app.clock.advance(minutes(2));
      expect((await app.open(id, PASSIVE)).session.isNew).toBe(true);
    },
  );

  it('saves changes, and leaves the expiry as it is', async () => {
    const app = new Application({ cookie: { maxAge: days(1) } });
    const id = await app.stored({ n: 1 });
    const before = await timesOf(app, id);
    app.clock.advance(minutes(5));
    const request = await app.open(id, PASSIVE);
    request.session['n'] = 2;
    expect(await request.commit()).toBe('none');
    await request.session.save();
    expect(await timesOf(app, id)).toEqual(before);
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('does not undo what requests have extended that began and ended meanwhile', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const poll = await app.open(id, PASSIVE);
    for (let uses = 0; uses < 3; uses++) {
      app.clock.advance(minutes(9));
      await (await app.open(id)).commit();
    }
    const after = await timesOf(app, id);
    poll.session['n'] = 2;
    await poll.session.save();
    expect(await timesOf(app, id)).toEqual(after);
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('saves nothing in a session that was ended meanwhile', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [poll, other] = [await app.open(id, PASSIVE), await app.open(id)];
    await other.session.destroy();
    poll.session['n'] = 2;
    await expect(poll.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    expect(await app.record(id)).toBeNull();
  });

  it('leaves the expiry that a concurrent request has set', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(5));
    const [poll, other] = [await app.open(id, PASSIVE), await app.open(id)];
    other.session['n'] = 5;
    other.session.cookie.maxAge = hours(2);
    await other.commit();
    const after = await timesOf(app, id);
    app.clock.advance(minutes(1));
    poll.session['n'] = 6;
    await poll.commit();
    expect(await timesOf(app, id)).toEqual(after);
    expect(await app.dataOf(id)).toEqual({ n: 6 });
  });

  it('can change how long the session lives, counted from its last use', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const { touchedAt } = await timesOf(app, id);
    app.clock.advance(minutes(5));
    const request = await app.open(id, PASSIVE);
    request.session.setLifetime({ idle: hours(1) });
    expect(request.session.expiresAt).toBe(touchedAt + hours(1));
    await request.commit();
    expect(await timesOf(app, id)).toEqual({ touchedAt, expiresAt: touchedAt + hours(1) });
    expect((await app.record(id))!.attributes.has(LIFETIME)).toBe(true);
  });

  it('keeps both times under a new id that keeps the whole session', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const before = await timesOf(app, id);
    app.clock.advance(minutes(5));
    const request = await app.open(id, PASSIVE);
    await request.session.regenerate({ keep: 'all' });
    await request.commit();
    expect(await timesOf(app, request.id)).toEqual(before);
  });

  it.each<[string, (request: Awaited<ReturnType<Application['open']>>) => unknown]>([
    ['calls touch()', ({ session }) => session.touch()],
    ['calls login()', ({ session }) => session.login('u1')],
    ['calls regenerate()', ({ session }) => session.regenerate()],
  ])('counts where it %s', async (_, act) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(5));
    const request = await app.open(id, PASSIVE);
    await act(request);
    await request.commit();
    const now = app.clock.now();
    expect(await timesOf(app, request.id)).toEqual({ touchedAt: now, expiresAt: now + minutes(10) });
  });

  it.each<[string, (session: UserSession) => unknown]>([
    ['a new id', (session) => session.regenerate({ keep: 'all' })],
    ['another lifetime of the cookie', (session) => void (session.cookie.maxAge = minutes(50))],
    ['a lifetime', (session) => session.setLifetime({ idle: minutes(50) })],
    ['an attribute', (session) => void (session['n'] = 2)],
    ['a login', (session) => session.login('u1')],
  ])('shows the expiry that it will store, with %s', async (_, step) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    app.clock.advance(minutes(3));
    const request = await app.open(id, PASSIVE);
    await step(request.session);
    const shown = request.session.expiresAt;
    await request.commit();
    expect((await timesOf(app, request.id)).expiresAt).toBe(shown);
  });

  it('creates a session that it fills', async () => {
    const app = new Application();
    const request = await app.open(undefined, PASSIVE);
    request.session['n'] = 1;
    expect(await request.commit()).toBe('send');
    expect((await timesOf(app, request.id)).touchedAt).toBe(app.clock.now());
  });

  it('sends the cookie again where a retired secret has signed it', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const request = await app.open([{ id, current: false }], PASSIVE);
    expect(await request.commit()).toBe('send');
  });
});
