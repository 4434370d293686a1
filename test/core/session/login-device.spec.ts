import { jest } from '@jest/globals';
import { LOGIN } from '../../../lib/core/session/own-attributes.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import { Application, type Settings } from './application.js';

/** Uses the context of each request as its device. */
const application = (settings: Partial<Settings> = {}): Application =>
  new Application({ deviceOf: (context) => context, ...settings });

/** The id of a session of `u1` that was stored by a request with this context. */
async function loggedIn(app: Application, context: unknown): Promise<SessionId> {
  const opened = await app.open(undefined, { context });
  await opened.session.login('u1', { method: 'pwd' });
  await opened.commit();
  return opened.id;
}

/** What the store holds of a login; `null` without one. */
async function storedLogin(app: Application, id: SessionId): Promise<unknown> {
  const text = (await app.record(id))?.attributes.get(LOGIN);
  return text === undefined ? null : (JSON.parse(text) as unknown);
}

const deviceIn = async (app: Application, id: SessionId): Promise<unknown> =>
  ((await storedLogin(app, id)) as { device?: unknown }).device;

describe('the option device', () => {
  it('records its result at a login, in the same write', async () => {
    const app = application();
    const id = await loggedIn(app, { name: 'Firefox', size: [1, 2] });
    expect(app.calls).toEqual(['create']);
    expect(await deviceIn(app, id)).toEqual({ name: 'Firefox', size: [1, 2] });
  });

  it('stores no byte without the option', async () => {
    const app = new Application();
    const id = await loggedIn(app, { name: 'Firefox' });
    expect(await storedLogin(app, id)).toEqual({ at: app.clock.now(), methods: { pwd: app.clock.now() } });
  });

  it('is called once for each login and step-up, and for no other request', async () => {
    const deviceOf = jest.fn(() => ({ name: 'Firefox' }));
    const app = application({ deviceOf });
    const id = await loggedIn(app, {});
    const visit = await app.open(id);
    visit.session['cart'] = 1;
    await visit.commit();
    const other = await app.open(id);
    await other.session.regenerate({ keep: 'all' });
    await other.commit();
    expect(deviceOf).toHaveBeenCalledTimes(1);
    expect(await deviceIn(app, other.id)).toEqual({ name: 'Firefox' });
    const stepUp = await app.open(other.id);
    await stepUp.session.login('u1', { method: 'otp' });
    await stepUp.commit();
    expect(deviceOf).toHaveBeenCalledTimes(2);
  });

  it.each([
    [{ name: 'Safari' }, { name: 'Safari' }],
    [null, undefined],
    [undefined, undefined],
  ])('replaces the device at a step-up: %j', async (context, device) => {
    const app = application();
    const id = await loggedIn(app, { name: 'Firefox' });
    const opened = await app.open(id, { context });
    await opened.session.login('u1', { method: 'otp' });
    await opened.commit();
    expect(await deviceIn(app, opened.id)).toEqual(device);
  });

  it('leaves the device of another server in place at a step-up without the option', async () => {
    const app = application();
    const id = await loggedIn(app, { name: 'Firefox' });
    const opened = await app.restarted({ deviceOf: null }).open(id);
    await opened.session.login('u1', { method: 'otp' });
    await opened.commit();
    expect(await deviceIn(app, opened.id)).toEqual({ name: 'Firefox' });
  });

  it('does not pass the device of one user to the next', async () => {
    const app = application();
    const id = await loggedIn(app, { name: 'Firefox' });
    const opened = await app.open(id, { context: null });
    await opened.session.login('u2');
    await opened.commit();
    expect(await deviceIn(app, opened.id)).toBe(undefined);
  });

  it('records logins by the option principal, and leaves out their logouts', async () => {
    const deviceOf = jest.fn((context: unknown) => context);
    const app = application({ deviceOf, principalOf: (session) => session['user'] });
    const opened = await app.open(undefined, { context: { name: 'Firefox' } });
    opened.session['user'] = 'u1';
    opened.plannedCookie();
    await opened.commit();
    expect(await storedLogin(app, opened.id)).toMatchObject({ device: { name: 'Firefox' }, via: 'option' });
    const moved = await app.open(opened.id);
    await moved.session.regenerate({ keep: 'all' });
    await moved.commit();
    expect(await deviceIn(app, moved.id)).toEqual({ name: 'Firefox' });
    const logout = await app.open(moved.id);
    delete logout.session['user'];
    logout.session['theme'] = 'dark';
    await logout.commit();
    expect(await storedLogin(app, logout.id)).toBe(null);
    expect(deviceOf).toHaveBeenCalledTimes(1);
  });

  it('copies the object: later changes of it are not stored', async () => {
    const app = application();
    const device = { name: 'Firefox' };
    const opened = await app.open(undefined, { context: device });
    await opened.session.login('u1');
    device.name = 'changed';
    await opened.commit();
    expect(await deviceIn(app, opened.id)).toEqual({ name: 'Firefox' });
  });

  it.each([
    ['a text', 'Firefox', /The option device must return an object.*got a string\.$/],
    ['a number', 7, /got a number\.$/],
    ['an array', ['Firefox'], /got an array of 1\.$/],
    ['a date', new Date(0), /got an instance of Date\.$/],
    ['a promise', Promise.resolve({}), /and not a promise, got a Promise\.$/],
    ['a rejected promise', Promise.reject(new Error('later')), /got a Promise\.$/],
    ['a function', () => ({}), /got a function\.$/],
    ['a map', new Map(), /the result of the option device is a Map\. Store plain data/],
    ['a BigInt in it', { size: 1n }, /the result of the option device\.size is a BigInt/],
    [
      '1025 bytes',
      { a: 'x'.repeat(1017) },
      /The option device has returned 1025 bytes.*at most 1024.*shorten/,
    ],
    ['1025 bytes of few characters', { a: 'é'.repeat(508) + 'x' }, /returned 1025 bytes/],
  ])('refuses %s and leaves the session as it was', async (_, context, message) => {
    const app = application();
    const id = await app.stored({ cart: 1 });
    const opened = await app.open(id, { context });
    const error = { code: 'ERR_SESSION_VALUE', message: expect.stringMatching(message) as string };
    await expect(opened.session.login('u1')).rejects.toMatchObject(error);
    await opened.commit();
    expect(opened.id).toBe(id);
    expect(await app.record(id)).toMatchObject({ principal: null });
  });

  it('accepts 1024 bytes', async () => {
    const app = application();
    const device = { a: 'x'.repeat(1016) };
    expect(await deviceIn(app, await loggedIn(app, device))).toEqual(device);
  });

  it('fails a step-up, and the commit of a login by the option principal, in the same way', async () => {
    const app = application();
    const id = await loggedIn(app, {});
    const stepUp = await app.open(id, { context: 'text' });
    await expect(stepUp.session.login('u1')).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
    expect(stepUp.id).toBe(id);

    const byOption = application({ principalOf: (session) => session['user'] });
    const opened = await byOption.open(undefined, { context: 'text' });
    opened.session['user'] = 'u1';
    await expect((async () => opened.commit())()).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' });
    expect(byOption.calls).toEqual([]);
  });

  it('rejects with the error that it throws', async () => {
    const app = application({
      deviceOf: () => {
        throw new RangeError('mine');
      },
    });
    const opened = await app.open();
    await expect(opened.session.login('u1')).rejects.toThrow(RangeError);
    expect(opened.session.principal).toBe(null);
  });
});
