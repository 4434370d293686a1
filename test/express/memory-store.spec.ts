import type { Session } from '../../lib/stores/express-session/session.js';
import { IMPLEMENTATIONS, PLAIN_COOKIE } from './support/entry-implementations.js';
import { useFrozenTime } from './support/end-clock.js';
import { told } from './support/end-promises.js';

const NOW = Date.UTC(2030, 0, 1);
const clock = useFrozenTime(NOW);

describe.each(IMPLEMENTATIONS)('MemoryStore of %s', (_, { MemoryStore, Store }) => {
  let store: InstanceType<typeof MemoryStore>;
  beforeEach(() => (store = new MemoryStore()));

  const sessionWith = (data: object, cookie: object | null = PLAIN_COOKIE): Session =>
    ({ ...(cookie === null ? {} : { cookie }), ...data }) as unknown as Session;
  const put = (id: string, data: object = {}, cookie?: object | null): void =>
    store.set(id, sessionWith(data, cookie));
  /** The arguments of the callback, and whether it came later. */
  const answer = (call: (callback: (...args: unknown[]) => void) => void): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      let returned = false;
      call((...args) => (returned ? resolve(args) : reject(new Error('called back at once'))));
      returned = true;
    });
  const get = async (id: string): Promise<unknown> => (await answer((done) => store.get(id, done)))[1];

  it('keeps texts in an object without prototype (R112)', async () => {
    put('a', { n: 1 });
    expect(JSON.parse(store.sessions['a']!)).toEqual({ cookie: PLAIN_COOKIE, n: 1 });
    expect(Object.getPrototypeOf(store.sessions)).toBeNull();
    expect(await get('__proto__')).toBeUndefined();
    expect(store).toBeInstanceOf(Store);
  });

  it('gives another copy each time, as JSON leaves it (R112)', async () => {
    put('a', { at: new Date(0), nothing: undefined });
    const [one, other] = [await get('a'), await get('a')];
    expect(one).toEqual({ cookie: PLAIN_COOKIE, at: '1970-01-01T00:00:00.000Z' });
    expect(one).not.toBe(other);
  });

  it('calls back later, with nothing or with what was asked for (R113)', async () => {
    const data = sessionWith({});
    expect(await answer((done) => store.set('a', data, done))).toEqual([]);
    expect(await answer((done) => store.touch('a', data, done))).toEqual([]);
    expect(await answer((done) => store.get('a', done))).toEqual([null, { cookie: PLAIN_COOKIE }]);
    expect(await answer((done) => store.get('b', done))).toEqual([null, undefined]);
    expect(await answer((done) => store.length(done))).toEqual([null, 1]);
    expect(await answer((done) => store.destroy('a', done))).toEqual([]);
    expect(await answer((done) => store.clear(done))).toEqual([]);
    const [error, all] = await answer((done) => store.all(done));
    expect([error, Object.getPrototypeOf(all)]).toEqual([null, null]);
  });

  it('needs no callback but for get (R113)', () => {
    const data = sessionWith({});
    store.set('a', data);
    store.touch('a', data);
    store.all();
    store.destroy('a');
    store.clear();
    expect(() => (store.get as (id: string) => void)('a')).toThrow('callback');
  });

  it.each([
    ['text', new Date(NOW + 1000).toISOString()],
    ['number', NOW + 1000],
  ])('forgets a session whose expires, as a %s, has come, when it is read (R114)', async (_what, expires) => {
    put('a', {}, { expires });
    clock.advance(999);
    expect(await get('a')).toBeDefined();
    clock.advance(1);
    expect(Object.keys(store.sessions)).toEqual(['a']);
    expect(await get('a')).toBeUndefined();
    expect(Object.keys(store.sessions)).toEqual([]);
  });

  it.each(['all', 'length', 'touch'] as const)('forgets it also at %s (R114)', async (method) => {
    put('a', {}, { expires: NOW });
    if (method === 'touch') await told((done) => store.touch('a', sessionWith({}), done));
    else await answer((done) => store[method](done));
    expect(Object.keys(store.sessions)).toEqual([]);
  });

  it.each([[null], [{}], [{ expires: null }], [{ expires: false }], [{ expires: 0 }], [{ expires: 'x' }]])(
    'keeps a session with the cookie %p for ever (R114)',
    async (cookie) => {
      put('a', {}, cookie);
      clock.advance(1e12);
      expect(await get('a')).toBeDefined();
    },
  );

  it('gives all sessions by their ids, and counts those that are not over (R115)', async () => {
    put('a', { n: 1 });
    put('b', { n: 2 }, { expires: NOW });
    const [, all] = await answer((done) => store.all(done));
    expect({ ...(all as object) }).toEqual({ a: { cookie: PLAIN_COOKIE, n: 1 } });
    put('c', {}, { expires: NOW });
    expect(await answer((done) => store.length(done))).toEqual([null, 1]);
  });

  it('copies only the cookie at touch, and makes no session of none (R116)', async () => {
    put('a', { n: 1 });
    const touched = sessionWith({ n: 2 }, { ...PLAIN_COOKIE, path: '/other' });
    await told((done) => store.touch('a', touched, done));
    await told((done) => store.touch('b', touched, done));
    expect(await get('a')).toEqual({ cookie: { ...PLAIN_COOKIE, path: '/other' }, n: 1 });
    expect(Object.keys(store.sessions)).toEqual(['a']);
  });

  it('throws at once what JSON cannot take (R117)', () => {
    const cycle: Record<string, unknown> = {};
    cycle['cycle'] = cycle;
    expect(() => put('a', { big: 1n })).toThrow(TypeError);
    expect(() => put('a', cycle)).toThrow(TypeError);
  });

  it('destroys a missing session without complaint (R117)', async () => {
    expect(await answer((done) => store.destroy('none', done))).toEqual([]);
  });
});
