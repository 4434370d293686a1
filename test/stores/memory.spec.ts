import { MemorySessionStore, type SessionKey, type SessionPatch, type SessionRecord } from 'nest-session';
import { describeStoreContract } from 'nest-session/testing';

describeStoreContract('MemorySessionStore', {
  runner: { describe, it, beforeEach, afterEach },
  create: () => new MemorySessionStore(),
});

describe('MemorySessionStore is bounded', () => {
  const record = (text = '""'): SessionRecord => {
    const now = Date.now();
    return {
      createdAt: now,
      touchedAt: now,
      expiresAt: now + 1000,
      principal: null,
      revision: 0,
      attributes: new Map([['n', text]]),
    };
  };
  const keys = (count: number): SessionKey[] =>
    Array.from({ length: count }, (_, n) => `key${n}` as SessionKey);
  const touch: SessionPatch = {
    touchedAt: 0,
    expiresAt: 0,
    principal: { from: null, to: null },
    changes: new Map(),
  };

  it('by count: the session that was used longest ago makes room', async () => {
    const store = new MemorySessionStore({ maxSessions: 2 });
    const [one, two, three] = keys(3) as [SessionKey, SessionKey, SessionKey];
    await store.create(one, record());
    await store.create(two, record());
    await store.patch(one, touch);
    await store.create(three, record());
    expect(
      [await store.load(one), await store.load(two), await store.load(three)].map((held) => held !== null),
    ).toEqual([true, false, true]);
    expect([store.size, store.evicted]).toEqual([2, 1]);
  });

  it('by bytes, which follow every change', async () => {
    const store = new MemorySessionStore({ maxBytes: 1000 });
    const text = JSON.stringify('x'.repeat(400));
    for (const key of keys(3)) await store.create(key, record(text));
    expect(store.size).toBe(2);
    expect(store.bytes).toBeLessThanOrEqual(1000);
    for (const key of keys(3)) await store.delete(key);
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });

  it('refuses a session that is larger than everything, and leaves the others alone', async () => {
    const store = new MemorySessionStore({ maxBytes: 100 });
    const [small, large] = keys(2) as [SessionKey, SessionKey];
    await store.create(small, record());
    await expect(async () => store.create(large, record(JSON.stringify('x'.repeat(200))))).rejects.toThrow(
      /larger than maxBytes 100/,
    );
    expect(store.size).toBe(1);
    await expect(async () => store.rekey(small, large, record('x'.repeat(200)), null)).rejects.toThrow(
      RangeError,
    );
    expect(await store.load(small)).not.toBeNull();
  });

  it.each([
    { maxSessions: 0 },
    { maxSessions: 1.5 },
    { maxBytes: -1 },
    { maxBytes: Number.NaN },
    { maxBytes: '1' as never },
  ])('refuses the limits %j at start', (options) => {
    expect(() => new MemorySessionStore(options)).toThrow(/positive whole number/);
  });

  it('sweeps in batches what was over, and what is over by the next round', async () => {
    const store = new MemorySessionStore();
    for (const key of keys(10)) await store.create(key, { ...record(), expiresAt: 100 });
    expect(await store.deleteExpired(100, 4)).toBe(4);
    await store.create('late' as SessionKey, { ...record(), expiresAt: 50 });
    expect(await store.deleteExpired(100, 100)).toBe(7);
    expect([await store.deleteExpired(100, 100), store.size]).toEqual([0, 0]);
  });
});
