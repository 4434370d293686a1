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

  it('by count: the least recently used session is evicted', async () => {
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

  it('by count: a session that was read is not evicted', async () => {
    const store = new MemorySessionStore({ maxSessions: 100 });
    const reader = 'reader' as SessionKey;
    await store.create(reader, record());
    for (const key of keys(2000)) {
      await store.create(key, record());
      if (Number(key.slice(3)) % 20 === 0) expect(await store.load(reader)).not.toBeNull();
    }
    expect(store.size).toBeLessThanOrEqual(100);
  });

  it('by count: sessions without a principal are evicted first, used or not', async () => {
    const store = new MemorySessionStore({ maxSessions: 100 });
    const owned = keys(60);
    for (const key of owned) await store.create(key, { ...record(), principal: 'u1' });
    for (let n = 0; n < 500; n++) {
      const key = `anonymous${n}` as SessionKey;
      await store.create(key, record());
      await store.load(key);
    }
    expect(owned.filter((key) => store.load(key) === null)).toEqual([]);
    expect(store.size).toBeLessThanOrEqual(100);
  });

  it('by count: sessions of principals are evicted when there are no others', async () => {
    const store = new MemorySessionStore({ maxSessions: 10 });
    for (const key of keys(30)) await store.create(key, { ...record(), principal: 'u1' });
    await store.create('anonymous' as SessionKey, record());
    expect([store.size, store.evicted]).toEqual([10, 21]);
    expect(await store.load('anonymous' as SessionKey)).not.toBeNull();
  });

  it('by count: a session that is loaded often stays among visitors who all return once', async () => {
    const store = new MemorySessionStore({ maxSessions: 1000 });
    const reader = 'reader' as SessionKey;
    await store.create(reader, record());
    for (let n = 0; n < 5000; n++) {
      await store.create(`visitor ${n}` as SessionKey, record());
      await store.load(`visitor ${n}` as SessionKey);
      if (n % 20 === 0) expect(await store.load(reader)).not.toBeNull();
    }
  });

  it('by count: a session has a principal from its login to its logout', async () => {
    const store = new MemorySessionStore({ maxSessions: 2 });
    const [one, two, three, four] = keys(4) as [SessionKey, SessionKey, SessionKey, SessionKey];
    const login = { ...touch, principal: { from: null, to: 'u1' } };
    const logout = { ...touch, principal: { from: 'u1', to: null } };
    await store.create(one, record());
    await store.create(two, record());
    await store.patch(one, login);
    await store.create(three, record());
    expect([await store.load(two), (await store.load(one)) !== null]).toEqual([null, true]);
    await store.patch(one, logout);
    await store.patch(three, login);
    await store.create(four, record());
    expect([await store.load(one), (await store.load(three)) !== null]).toEqual([null, true]);
  });

  it('by bytes, which are updated at every change', async () => {
    const store = new MemorySessionStore({ maxBytes: 1000 });
    const text = JSON.stringify('x'.repeat(400));
    for (const key of keys(3)) await store.create(key, record(text));
    expect(store.size).toBe(2);
    expect(store.bytes).toBeLessThanOrEqual(1000);
    for (const key of keys(3)) await store.delete(key);
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });

  it('rejects a session above the byte limit, and keeps the others', async () => {
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
    expect(() => new MemorySessionStore(options)).toThrow(/positive integer/);
  });

  it('sweeps expired sessions in batches, also those that expire before the next round', async () => {
    const store = new MemorySessionStore();
    for (const key of keys(10)) await store.create(key, { ...record(), expiresAt: 100 });
    expect(await store.deleteExpired(100, 4)).toBe(4);
    await store.create('late' as SessionKey, { ...record(), expiresAt: 50 });
    expect(await store.deleteExpired(100, 100)).toBe(7);
    expect([await store.deleteExpired(100, 100), store.size]).toEqual([0, 0]);
  });
});
