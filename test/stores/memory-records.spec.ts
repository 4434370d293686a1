import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemorySessionStore, type SessionKey, type SessionPatch, type SessionRecord } from 'nest-session';

const KEY = 'key' as SessionKey;

function recordOf(
  attributes: Iterable<readonly [string, string]>,
  over: Partial<SessionRecord> = {},
): SessionRecord {
  const instants = { createdAt: 1, touchedAt: 2, expiresAt: 3 };
  return { ...instants, principal: null, revision: 0, attributes: new Map(attributes), ...over };
}

function patchOf(
  changes: SessionPatch['changes'] = new Map(),
  over: Partial<SessionPatch> = {},
): SessionPatch {
  return { touchedAt: 5, expiresAt: 6, principal: { from: null, to: null }, changes, ...over };
}

/** The record that a store returns; attributes as a list, because their order matters. */
async function throughStore(record: SessionRecord): Promise<unknown> {
  const store = new MemorySessionStore();
  await store.create(KEY, record);
  return listed(await store.load(KEY));
}

const listed = (record: SessionRecord | 'corrupt' | null): unknown =>
  record === null || record === 'corrupt' ? record : { ...record, attributes: [...record.attributes] };

describe('MemorySessionStore returns exactly what it stored', () => {
  const many = Array.from({ length: 1000 }, (_, n) => [`name ${n}`, String(n)] as const);
  const cases: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    'no attribute': [],
    'an empty text': [['n', '']],
    'several empty texts': [
      ['a', ''],
      ['b', ''],
      ['c', ''],
    ],
    'an empty name': [['', '1']],
    'names with separators in them': [
      ['a,b', '1'],
      ['c', '2'],
      ['\u0000', '3'],
      ['a\u0000b', '4'],
    ],
    'texts with the separator in them': [
      ['a', '\u0000'],
      ['b', '1\u00002'],
      ['c', ''],
    ],
    'Latin, other scripts and pictures side by side': [
      ['käse', '"käse"'],
      ['日本', '"日本"'],
      ['🍪', '"🍪"'],
    ],
    'halves of pictures': [
      ['\ud800', '"\udc00"'],
      ['b', '"\ud83c"'],
      ['c', '"\udf6a"'],
    ],
    'names of every object': [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
    'an order that is not that of the names': [
      ['z', '1'],
      ['10', '2'],
      ['a', '3'],
      ['2', '4'],
    ],
    'as much as is joined, and one more': [
      ['a', `"${'x'.repeat(1018)}"`],
      ['b', '1'],
    ],
    'one large text beside small ones': [
      ['a', '1'],
      ['b', `"${'日'.repeat(70_000)}"`],
      ['c', '2'],
    ],
    'many attributes': many,
  };

  it.each(Object.entries(cases))('%s', async (_title, attributes) => {
    const record = recordOf(attributes, { principal: 'u1', revision: 7 });
    expect(await throughStore(record)).toEqual(listed(record));
  });

  it.each([
    0,
    -1,
    1,
    86_399_999,
    86_400_000,
    -86_400_000,
    -86_400_001,
    1_700_000_000_123,
    8_640_000_000_000_000,
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER - 1,
    Number.MIN_SAFE_INTEGER,
  ])('the instant %d', async (at) => {
    const store = new MemorySessionStore();
    const instants = { createdAt: at, touchedAt: at, expiresAt: at };
    await store.create(KEY, recordOf([], instants));
    expect(await store.load(KEY)).toMatchObject(instants);
    await store.patch(KEY, patchOf(new Map(), { touchedAt: 0 - at, expiresAt: at }));
    expect(await store.load(KEY)).toMatchObject({ ...instants, touchedAt: 0 - at });
    expect(await store.deleteExpired(at - 1, 10)).toBe(0);
    expect(await store.deleteExpired(at, 10)).toBe(1);
  });

  it('for instants that are many days apart', async () => {
    const instants = {
      createdAt: -3,
      touchedAt: Number.MAX_SAFE_INTEGER,
      expiresAt: Number.MIN_SAFE_INTEGER,
    };
    expect(await throughStore(recordOf([], instants))).toMatchObject(instants);
  });

  it('in the order of a Map after changes: an attribute that is set again comes last', async () => {
    const store = new MemorySessionStore();
    const texts = [
      ['b', '1'],
      ['a', '2'],
      ['c', '3'],
    ] as const;
    await store.create(KEY, recordOf(texts));
    const changes = new Map([
      ['a', { from: '2', to: null }],
      ['b', { from: '1', to: '"new"' }],
      ['0', { from: null, to: '4' }],
    ]);
    expect(await store.patch(KEY, patchOf(changes))).toBe('applied');
    expect(await store.patch(KEY, patchOf(new Map([['a', { from: null, to: '5' }]])))).toBe('applied');
    expect(listed(await store.load(KEY))).toMatchObject({
      revision: 2,
      attributes: [
        ['b', '"new"'],
        ['c', '3'],
        ['0', '4'],
        ['a', '5'],
      ],
    });
  });

  it('for a session that grows above the limit of joined texts, and shrinks again', async () => {
    const store = new MemorySessionStore();
    const large = `"${'x'.repeat(5000)}"`;
    await store.create(KEY, recordOf(Object.entries({ a: '1', b: '2' })));
    await store.patch(KEY, patchOf(new Map([['a', { from: '1', to: large }]])));
    expect(listed(await store.load(KEY))).toMatchObject({ attributes: Object.entries({ a: large, b: '2' }) });
    await store.patch(KEY, patchOf(new Map([['a', { from: large, to: '3' }]])));
    expect(listed(await store.load(KEY))).toMatchObject({ attributes: Object.entries({ a: '3', b: '2' }) });
    expect(store.bytes).toBe(Buffer.byteLength('keya3b2'));
  });

  it('for sessions with similar names', async () => {
    const store = new MemorySessionStore();
    const lists = [['a,b'], ['a', 'b'], ['b', 'a'], [''], [], [',']];
    for (const [n, names] of lists.entries())
      await store.create(`key${n}` as SessionKey, recordOf(names.map((name) => [name, `${n}`])));
    for (const [n, names] of lists.entries()) {
      const record = await store.load(`key${n}` as SessionKey);
      expect(listed(record)).toMatchObject({ attributes: names.map((name) => [name, `${n}`]) });
    }
  });

  it('for more lists of names than are shared', async () => {
    const store = new MemorySessionStore();
    const keys = Array.from({ length: 2500 }, (_, n) => `key${n}` as SessionKey);
    for (const key of keys) await store.create(key, recordOf([[key, '1']]));
    for (const key of keys) expect(listed(await store.load(key))).toMatchObject({ attributes: [[key, '1']] });
  });
});

describe('A record of a MemorySessionStore belongs to its caller', () => {
  it.each(['short', 'long '.repeat(1000)])(
    'when loaded or stored, with a text that is %.5s',
    async (text) => {
      const store = new MemorySessionStore();
      const given = recordOf([['n', text]]);
      await store.create(KEY, given);
      const got = (await store.load(KEY)) as SessionRecord;
      for (const { attributes } of [given, got])
        (attributes as Map<string, string>).set('n', '"other"').set('m', '1');
      Object.assign(got, { expiresAt: 99, principal: 'other' });
      const filed = recordOf([['n', text]]);
      expect(await store.load(KEY)).toEqual(filed);
      const conflict = await store.patch(KEY, patchOf(new Map([['n', { from: null, to: '1' }]])));
      expect(conflict).toEqual({ conflict: filed });
      ((conflict as { conflict: SessionRecord }).conflict.attributes as Map<string, string>).clear();
      expect(await store.load(KEY)).toEqual(filed);
    },
  );

  it('also when it is packed again after many reads of other sessions', async () => {
    const store = new MemorySessionStore();
    const keys = Array.from({ length: 2500 }, (_, n) => `key${n}` as SessionKey);
    for (const [n, key] of keys.entries())
      await store.create(key, recordOf(Object.entries({ n: `${n}`, m: '0' })));
    for (const round of [0, 1, 2]) {
      for (const [n, key] of keys.entries()) {
        const changes = new Map([['m', { from: `${round}`, to: `${round + 1}` }]]);
        const attributes = Object.entries({ n: `${n}`, m: `${round}` });
        expect(listed(await store.load(key))).toMatchObject({ attributes });
        expect(await store.patch(key, patchOf(changes))).toBe('applied');
      }
    }
  });

  it('and later patches do not change it', async () => {
    const store = new MemorySessionStore();
    await store.create(KEY, recordOf([['n', '1']]));
    const got = await store.load(KEY);
    await store.patch(KEY, patchOf(new Map([['n', { from: '1', to: '2' }]])));
    await store.patch(KEY, patchOf());
    expect(got).toEqual(recordOf([['n', '1']]));
  });
});

describe('MemorySessionStore lists the sessions of a principal', () => {
  it('with none, one and several, after they are created, changed and deleted', async () => {
    const store = new MemorySessionStore({ maxSessions: 4 });
    const keys = Array.from({ length: 5 }, (_, n) => `key${n}` as SessionKey);
    const [one, two, three] = keys as [SessionKey, SessionKey, SessionKey];
    const held = async (): Promise<SessionKey[]> =>
      (await store.listByPrincipal('u1', 0, 10)).map(({ key }) => key).sort();
    for (const key of [one, two, three]) await store.create(key, recordOf([], { principal: 'u1' }));
    expect(await held()).toEqual([one, two, three]);
    await store.delete(two);
    await store.patch(three, patchOf(new Map(), { principal: { from: 'u1', to: 'u2' } }));
    expect(await held()).toEqual([one]);
    expect(await store.deleteByPrincipal('u1', one)).toBe(0);
    await store.delete(one);
    expect(await held()).toEqual([]);
    await store.patch(three, patchOf(new Map(), { principal: { from: 'u2', to: 'u1' } }));
    // An evicted session is no longer listed.
    for (const key of [one, two, keys[3]!, keys[4]!]) await store.create(key, recordOf([]));
    expect([await held(), store.evicted > 0 || store.size === 4]).toEqual([
      (await store.load(three)) === null ? [] : [three],
      true,
    ]);
  });
});

describe('MemorySessionStore sweeps', () => {
  it('100 000 expired sessions in batches, with requests in between, and no session that was touched', async () => {
    const store = new MemorySessionStore({ maxSessions: 200_000 });
    for (let n = 0; n < 100_000; n++) void store.create(`key${n}` as SessionKey, recordOf([['n', '1']]));
    let turns = 0;
    const timer = setInterval(() => {
      if (turns++ === 0) void store.patch('key77' as SessionKey, patchOf(new Map(), { expiresAt: 1000 }));
    });
    let total = 0;
    for (let count = 1000; count === 1000; total += count) count = await store.deleteExpired(3, 1000);
    clearInterval(timer);
    expect([total + store.size, turns > 0]).toEqual([100_000, true]);
    expect((await store.deleteExpired(1000, 10)) + total).toBe(100_000);
  });
});

describe('MemorySessionStore', () => {
  it('keeps no data of deleted sessions in memory, even if they were read recently', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = new MemorySessionStore({ maxBytes: 2 ** 21 });
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    for (let n = 0; n < 200; n++) {
      const key = `key${n}` as SessionKey;
      void store.create(key, recordOf([['large', `"${`${n}`.repeat(2 ** 18)}"`]]));
      void store.load(key);
      if (n % 2 === 0) void store.delete(key);
    }
    // More than 100 MB were written. Half was deleted, and most of the rest was evicted.
    expect(store.bytes).toBeLessThanOrEqual(2 ** 21);
    expect(used() - before).toBeLessThan(30 * 2 ** 20);
  });
});
