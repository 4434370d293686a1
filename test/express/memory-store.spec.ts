import type { Session } from '../../lib/stores/express-session/session.js';
import { IMPLEMENTATIONS, PLAIN_COOKIE } from './support/entry-implementations.js';
import { useFrozenTime } from './support/frozen-time.js';
import { errorOf } from './support/end-promises.js';

const NOW = Date.UTC(2030, 0, 1);
const clock = useFrozenTime(NOW);

describe.each(IMPLEMENTATIONS)('MemoryStore of %s', (_, { MemoryStore, Store }) => {
  let store: InstanceType<typeof MemoryStore>;
  beforeEach(() => (store = new MemoryStore()));

  const sessionWith = (data: object, cookie: object | null = PLAIN_COOKIE): Session =>
    ({ ...(cookie === null ? {} : { cookie }), ...data }) as unknown as Session;
  const put = (id: string, data: object = {}, cookie?: object | null): void =>
    store.set(id, sessionWith(data, cookie));
  /** The arguments of an asynchronous callback. */
  const response = (call: (callback: (...args: unknown[]) => void) => void): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      let returned = false;
      call((...args) => (returned ? resolve(args) : reject(new Error('called back synchronously'))));
      returned = true;
    });
  const get = async (id: string): Promise<unknown> => (await response((done) => store.get(id, done)))[1];

  it('holds JSON text in an object without a prototype (R112)', async () => {
    put('a', { n: 1 });
    expect(JSON.parse(store.sessions['a']!)).toEqual({ cookie: PLAIN_COOKIE, n: 1 });
    expect(Object.getPrototypeOf(store.sessions)).toBeNull();
    expect(await get('__proto__')).toBeUndefined();
    expect(store).toBeInstanceOf(Store);
  });

  it('returns another copy each time, as JSON carries it (R112)', async () => {
    put('a', { at: new Date(0), nothing: undefined });
    const [one, other] = [await get('a'), await get('a')];
    expect(one).toEqual({ cookie: PLAIN_COOKIE, at: '1970-01-01T00:00:00.000Z' });
    expect(one).not.toBe(other);
  });

  it('calls back asynchronously, with the result if there is one (R113)', async () => {
    const data = sessionWith({});
    expect(await response((done) => store.set('a', data, done))).toEqual([]);
    expect(await response((done) => store.touch('a', data, done))).toEqual([]);
    expect(await response((done) => store.get('a', done))).toEqual([null, { cookie: PLAIN_COOKIE }]);
    expect(await response((done) => store.get('b', done))).toEqual([null, undefined]);
    expect(await response((done) => store.length(done))).toEqual([null, 1]);
    expect(await response((done) => store.destroy('a', done))).toEqual([]);
    expect(await response((done) => store.clear(done))).toEqual([]);
    const [error, all] = await response((done) => store.all(done));
    expect([error, Object.getPrototypeOf(all)]).toEqual([null, null]);
  });

  it('needs a callback only for get and length (R113)', () => {
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
  ])('removes an expired session when it is read, with expires as a %s (R114)', async (_what, expires) => {
    put('a', {}, { expires });
    clock.advance(999);
    expect(await get('a')).toBeDefined();
    clock.advance(1);
    expect(Object.keys(store.sessions)).toEqual(['a']);
    expect(await get('a')).toBeUndefined();
    expect(Object.keys(store.sessions)).toEqual([]);
  });

  it.each(['all', 'length', 'touch'] as const)('removes an expired session at %s (R114)', async (method) => {
    put('a', {}, { expires: NOW });
    if (method === 'touch') await errorOf((done) => store.touch('a', sessionWith({}), done));
    else await response((done) => store[method](done));
    expect(Object.keys(store.sessions)).toEqual([]);
  });

  it.each([[null], [{}], [{ expires: null }], [{ expires: false }], [{ expires: 0 }], [{ expires: 'x' }]])(
    'keeps a session with the cookie %p without a limit (R114)',
    async (cookie) => {
      put('a', {}, cookie);
      clock.advance(1e12);
      expect(await get('a')).toBeDefined();
    },
  );

  it('returns all sessions by id, and counts those that have not expired (R115)', async () => {
    put('a', { n: 1 });
    put('b', { n: 2 }, { expires: NOW });
    const [, all] = await response((done) => store.all(done));
    expect({ ...(all as object) }).toEqual({ a: { cookie: PLAIN_COOKIE, n: 1 } });
    put('c', {}, { expires: NOW });
    expect(await response((done) => store.length(done))).toEqual([null, 1]);
  });

  it('copies only the cookie at touch, and creates no session (R116)', async () => {
    put('a', { n: 1 });
    const touched = sessionWith({ n: 2 }, { ...PLAIN_COOKIE, path: '/other' });
    await errorOf((done) => store.touch('a', touched, done));
    await errorOf((done) => store.touch('b', touched, done));
    expect(await get('a')).toEqual({ cookie: { ...PLAIN_COOKIE, path: '/other' }, n: 1 });
    expect(Object.keys(store.sessions)).toEqual(['a']);
  });

  it('throws synchronously for a value that JSON cannot carry (R117)', () => {
    const cycle: Record<string, unknown> = {};
    cycle['cycle'] = cycle;
    expect(() => put('a', { big: 1n })).toThrow(TypeError);
    expect(() => put('a', cycle)).toThrow(TypeError);
  });

  it('destroys a missing session without an error (R117)', async () => {
    expect(await response((done) => store.destroy('none', done))).toEqual([]);
  });
});
