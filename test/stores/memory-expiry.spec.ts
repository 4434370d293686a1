import { jest } from '@jest/globals';
import { MemorySessionStore, type SessionKey, type SessionRecord } from 'nest-session';
import { nextTurn } from '../../lib/core/util/clock.js';
import { ExpiryQueue } from '../../lib/stores/memory/expiry.js';

const ONE = 'one' as SessionKey;
const TWO = 'two' as SessionKey;

function record(expiresInMs: number, now: number = Date.now()): SessionRecord {
  return {
    createdAt: now,
    touchedAt: now,
    expiresAt: now + expiresInMs,
    principal: null,
    revision: 0,
    attributes: new Map(),
  };
}

function touch(expiresInMs: number) {
  const now = Date.now();
  const principal = { from: null, to: null };
  return { touchedAt: now, expiresAt: now + expiresInMs, principal, changes: new Map() };
}

const turn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

describe('expired sessions of the MemorySessionStore', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are freed within a second, without any call', async () => {
    const store = new MemorySessionStore();
    await store.create(ONE, record(5000));
    await store.create(TWO, record(60_000));
    jest.advanceTimersByTime(4999);
    expect(store.size).toBe(2);
    jest.advanceTimersByTime(1001);
    expect([store.size, await store.load(ONE)]).toEqual([1, null]);
  });

  it('depend on the current expiry: a touched session stays, and one with a shortened expiry is freed', async () => {
    const store = new MemorySessionStore();
    await store.create(ONE, record(5000));
    await store.create(TWO, record(60_000));
    await store.patch(ONE, touch(20_000));
    await store.patch(TWO, touch(5000));
    jest.advanceTimersByTime(6000);
    expect([(await store.load(ONE)) !== null, await store.load(TWO)]).toEqual([true, null]);
    jest.advanceTimersByTime(15_000);
    expect(store.size).toBe(0);
  });

  it('are freed in batches, with requests in between', async () => {
    const store = new MemorySessionStore();
    for (let n = 0; n < 10_000; n++) await store.create(`key${n}` as SessionKey, record(5000));
    jest.advanceTimersByTime(5500);
    const left = [store.size];
    for (; store.size > 0; left.push(store.size)) await turn();
    expect(left.length).toBeGreaterThan(4);
    for (const [at, size] of left.entries())
      expect((left[at - 1] ?? 10_000) - size).toBeLessThanOrEqual(2000);
  });

  it('are freed by a timer that runs only while there are sessions, and does not keep the process alive', async () => {
    const timers = jest.spyOn(globalThis, 'setInterval');
    const store = new MemorySessionStore();
    expect(jest.getTimerCount()).toBe(0);
    await store.create(ONE, record(5000));
    await store.create(TWO, record(60_000));
    expect(jest.getTimerCount()).toBe(1);
    expect((timers.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false);
    jest.advanceTimersByTime(6000);
    expect(jest.getTimerCount()).toBe(1);
    await store.delete(TWO);
    expect(jest.getTimerCount()).toBe(0);
    await store.create(ONE, record(1000));
    jest.advanceTimersByTime(2000);
    expect([store.size, jest.getTimerCount()]).toEqual([0, 0]);
    timers.mockRestore();
  });

  it('wait for a sweep when the application has its own clock', async () => {
    const store = new MemorySessionStore();
    await store.create(ONE, record(5000, 1_500_000_000_000));
    jest.advanceTimersByTime(10_000);
    expect(store.size).toBe(1);
    expect(await store.deleteExpired(1_500_000_005_000, 10)).toBe(1);
  });
});

describe('ExpiryQueue', () => {
  it('returns every expired session once, however its expiry was changed', () => {
    const expiries = new Map<SessionKey, number>();
    const queue = new ExpiryQueue((key) => expiries.get(key));
    // A pseudo-random generator with a fixed seed.
    let seed = 7;
    const random = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit;
    const set = (n: number, expiresAt: number): void => {
      const key = `key${n}` as SessionKey;
      const former = expiries.get(key);
      expiries.set(key, expiresAt);
      if (former === undefined || expiresAt < former) queue.add(key, expiresAt, expiries.size);
    };
    for (let round = 0; round < 5000; round++) set(random(500), random(10_000));
    for (let n = 0; n < 100; n++) expiries.delete(`key${n}` as SessionKey);
    const expected = [...expiries.values()].filter((expiresAt) => expiresAt <= 5000).sort((a, b) => a - b);
    const found: number[] = [];
    for (let key; (key = queue.next(5000, 1e9)) !== null;) {
      found.push(expiries.get(key as SessionKey)!);
      expiries.delete(key as SessionKey);
    }
    expect(found.sort((a, b) => a - b)).toEqual(expected);
    expect(queue.next(10_000, 1e9)).not.toBeNull();
  });

  it('checks a limited number of keys, and then returns that there are more', () => {
    const queue = new ExpiryQueue(() => undefined);
    for (let n = 0; n < 10; n++) queue.add(`key${n}` as SessionKey, n, 10);
    expect(queue.next(100, 6)).toBe('more');
    expect(queue.next(100, 6)).toBeNull();
  });

  it('contains at most about twice as many keys as there are sessions', () => {
    const queue = new ExpiryQueue((key) => (key === ONE ? 1 : undefined));
    for (let n = 0; n < 100_000; n++) queue.add(`key${n}` as SessionKey, 1, 1);
    queue.add(ONE, 1, 1);
    let places = 0;
    while (queue.next(1, 1) !== null) places++;
    expect(places).toBeLessThan(1100);
  });
});
