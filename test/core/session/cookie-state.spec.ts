import { OptionsCookieFactory } from '../../../lib/cookie/session-cookie-factory.js';
import { resolveCookie } from '../../../lib/cookie/cookie-options.js';
import { CookieState } from '../../../lib/core/session/cookie-state.js';
import { days, hours, minutes } from '../../../lib/core/util/clock.js';
import { Application } from './application.js';

describe('the state of a cookie', () => {
  const NOW = 1_700_000_000_000;
  const factory = new OptionsCookieFactory(resolveCookie({ domain: 'example.com' }, true, NOW), () => NOW);
  const stateOf = (settings: string | null, sent: string | null | undefined = settings): CookieState =>
    new CookieState(
      factory,
      { client: 'current', settings: sent },
      { settings, touchedAt: NOW, endsBy: Number.POSITIVE_INFINITY },
    );

  it('has the plan of the options without settings of its own', () => {
    expect(stateOf(null).plan).toBe(factory.plan);
    expect([stateOf(null).settings, stateOf(null).isChanged]).toEqual([null, false]);
  });

  it('has changed once its settings differ from the sent ones, and not if no cookie was sent', () => {
    const [sent, unsent] = [stateOf(null), stateOf(null, undefined)];
    for (const { object } of [sent, unsent]) object.path = '/shop';
    unsent.browser = { client: 'nothing', settings: undefined };
    expect([sent.isChanged, unsent.isChanged]).toEqual([true, false]);
    expect(sent.settings).toBe('{"path":"/shop"}');
    expect(sent.sent.path).toBe('/');
  });

  it('replaces the sent cookie only if browsers would keep both', () => {
    const [moved, stricter] = [stateOf(null), stateOf(null)];
    moved.object.path = '/shop';
    stricter.object.sameSite = 'strict';
    expect(moved.replaced?.path).toBe('/');
    expect(stricter.replaced).toBeNull();
  });

  it('compares stored settings by what this request would store', () => {
    expect(stateOf(null).differsFrom('{"path":"/"}')).toBe(false);
    expect(stateOf(null).differsFrom('{"path":"/shop"}')).toBe(true);
  });

  it('is current once it is sent, and stale after a new id', () => {
    const state = stateOf(null);
    state.object.path = '/shop';
    state.outdate();
    expect(state.browser).toEqual({ client: 'stale', settings: null });
    expect(state.markSent(NOW)).toBe(state.object);
    expect(state.browser).toEqual({ client: 'current', settings: '{"path":"/shop"}' });
    expect(state.isChanged).toBe(false);
  });
});

describe('session.cookie.maxAge of one session', () => {
  it('changes its expiry and is stored', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(2);
    expect(await opened.commit()).toBe('send');
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(2));
    app.clock.advance(hours(1));
    const { session } = await app.open(id);
    expect([session.isNew, session.cookie.originalMaxAge, session.cookie.maxAge]).toEqual([
      false,
      hours(2),
      hours(1),
    ]);
  });

  it('is stored if it is set before the first save', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    opened.session.cookie.maxAge = hours(2);
    expect(opened.session.expiresAt).toBe(app.clock.now() + hours(2));
    await opened.commit();
    expect((await app.open(opened.id)).session.cookie.originalMaxAge).toBe(hours(2));
    expect((await app.record(opened.id))?.expiresAt).toBe(app.clock.now() + hours(2));
  });

  it('restarts with each touch', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(2);
    await opened.commit();
    app.clock.advance(hours(1));
    await (await app.open(id)).commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(2));
  });

  it.each([
    ['longer', hours(2)],
    ['shorter', minutes(2)],
  ])('is kept by a touch of another request that had opened the session before (%s)', async (_, maxAge) => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.cookie.maxAge = maxAge;
    await one.commit();
    app.clock.advance(minutes(1));
    other.session.touch();
    await other.commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + maxAge);
    expect((await app.open(id)).session.cookie.originalMaxAge).toBe(maxAge);
  });

  it('is kept by a change of another request that had opened the session before', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.cookie.maxAge = hours(2);
    await one.commit();
    other.session['n'] = 2;
    await other.commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(2));
    expect(await app.dataOf(id)).toEqual({ n: 2 });
  });

  it('does not reach beyond the absolute timeout (S-35)', async () => {
    const app = new Application({ absoluteMs: hours(1) });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = days(30);
    await opened.commit();
    expect((await app.record(id))?.expiresAt).toBe(app.clock.now() + hours(1));
  });

  it('can be reset: the session follows the options again', async () => {
    const app = new Application({ cookie: { maxAge: minutes(10) } });
    const id = await app.stored({ n: 1 });
    const opened = await app.open(id);
    opened.session.cookie.maxAge = hours(2);
    await opened.session.save();
    opened.session.cookie.maxAge = minutes(10);
    await opened.commit();
    const record = await app.record(id);
    expect(record?.expiresAt).toBe(app.clock.now() + minutes(10));
    expect([...record!.attributes.keys()]).toEqual(['n']);
  });

  it('is removed with the attributes by regenerate()', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.cookie.maxAge = hours(2);
    await opened.session.save();
    await opened.session.regenerate();
    await opened.commit();
    expect((await app.record(opened.id))?.expiresAt).toBe(app.clock.now() + minutes(10));
  });

  it('causes no write in a request that only reads, also after two requests set different settings', async () => {
    const app = new Application();
    const id = await app.stored({ n: 1 });
    const [one, other] = [await app.open(id), await app.open(id)];
    one.session.cookie.path = '/shop';
    other.session.cookie.maxAge = hours(2);
    await one.commit();
    await other.commit();
    app.calls.length = 0;
    const reading = await app.open(id);
    expect([reading.session.cookie.path, reading.session.cookie.originalMaxAge]).toEqual(['/shop', hours(2)]);
    expect(reading.hasChanges()).toBe(false);
    await reading.commit();
    expect(app.calls).toEqual(['load']);
  });
});

describe('cookie settings that were saved before a commit fails', () => {
  it('are sent with the error', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.cookie.path = '/app';
    await opened.session.save();
    opened.session['list'] = new Set();
    expect(() => opened.commit()).toThrow(/is a Set/);
    expect(opened.cookieAfterFailure()).toBe('send');
  });

  it('are not sent if they were not saved: the browser keeps the stored settings', async () => {
    const app = new Application();
    const opened = await app.open(await app.stored({ n: 1 }));
    opened.session.cookie.path = '/app';
    opened.session['list'] = new Set();
    expect(() => opened.commit()).toThrow(/is a Set/);
    expect(opened.cookieAfterFailure()).toBe('none');
  });
});
