import { MOST_LEVELS } from '../../../lib/core/util/json-text.js';
import { threeWayMerge, type Json } from '../../../lib/core/merge/three-way-merge.js';

type Value = Json | undefined;

const json = (text: string): Json => JSON.parse(text) as Json;
const copyOf = (value: Json): Json => json(JSON.stringify(value));

describe('threeWayMerge', () => {
  it.each<[string, Value, Value, Value, Value]>([
    // title, base, theirs, mine, merged
    ['takes what only they changed', 1, 2, 1, 2],
    ['takes what only I changed', 1, 1, 2, 2],
    ['takes mine where both changed a scalar', 1, 2, 3, 3],
    ['takes what both changed alike', 1, 2, 2, 2],
    ['takes what only they removed', 1, undefined, 1, undefined],
    ['takes what only I removed', 1, 1, undefined, undefined],
    ['takes what only they added', undefined, 1, undefined, 1],
    ['takes what only I added', undefined, undefined, 1, 1],
    ['leaves absent what both removed', 1, undefined, undefined, undefined],
    ['takes my value over their removal of it', 1, undefined, 2, 2],
    ['takes my removal over their value', 1, 2, undefined, undefined],
    ['tells null from absent', null, undefined, null, undefined],
    ['keeps a null that I set', { a: 1 }, { a: 1, b: 2 }, { a: null }, { a: null, b: 2 }],
    [
      'keeps both leaves that were set (S-64)',
      { a: 0, b: 0 },
      { a: 1, b: 0 },
      { a: 0, b: 1 },
      { a: 1, b: 1 },
    ],
    ['keeps both leaves that were added (S-64)', {}, { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['keeps both objects that were added', undefined, { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['does not bring a leaf back that they removed', { a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ['does not bring a leaf back that I removed', { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 1 }, { b: 2 }],
    [
      'merges below the first level',
      { x: { a: 1, b: 1 } },
      { x: { a: 2, b: 1 } },
      { x: { a: 1, b: 2 } },
      { x: { a: 2, b: 2 } },
    ],
    ['takes my array whole', [1], [1, 2], [1, 3], [1, 3]],
    [
      'takes their whole array if mine is unchanged',
      { l: [1], a: 1 },
      { l: [2], a: 1 },
      { l: [1], a: 2 },
      { l: [2], a: 2 },
    ],
    ['takes an array of mine over an object of theirs', { a: 1 }, { a: 2 }, [1], [1]],
    ['takes an object of mine over an array of theirs', [1], [2], { a: 1 }, { a: 1 }],
    ['takes an object of mine over a scalar of theirs', 1, 2, { a: 1 }, { a: 1 }],
    ['takes an object of mine over their removal of a scalar', 1, undefined, { a: 1 }, { a: 1 }],
    ['takes an object of mine over a null of theirs where there was none', null, 0, { a: 1 }, { a: 1 }],
    [
      'takes an object of mine over a null of theirs that was not a removal',
      undefined,
      null,
      { a: 1 },
      { a: 1 },
    ],
    ['takes an array of theirs for no removal', { a: 1 }, [1], { a: 1, b: 2 }, { a: 1, b: 2 }],
    ['takes their array where I left the object alone', { a: 1 }, [1], { a: 1 }, [1]],
    ...[null, false, 0, ''].flatMap((removed): [string, Value, Value, Value, Value][] => [
      [
        `takes their ${JSON.stringify(removed)} over what I changed inside`,
        { a: 1 },
        removed,
        { a: 2, b: 2 },
        removed,
      ],
      [
        `takes my ${JSON.stringify(removed)} over what they changed inside`,
        { a: 1 },
        { a: 2, b: 2 },
        removed,
        removed,
      ],
      [
        `takes their ${JSON.stringify(removed)} also below the first level`,
        { user: { a: 1 }, n: 1 },
        { user: removed, n: 1 },
        { user: { a: 2 }, n: 2 },
        { user: removed, n: 2 },
      ],
    ]),
    ['keeps an object removed that I changed', { a: 1, b: 1 }, undefined, { a: 1, b: 2 }, undefined],
    ['keeps an object removed that I added to', { cart: { a: 1 } }, {}, { cart: { a: 1, b: 2 } }, {}],
    ['takes an object that I made where there was none', undefined, undefined, { a: 1 }, { a: 1 }],
    ['keeps empty names', { '': 1, a: 1 }, { '': 2, a: 1 }, { '': 1, a: 2 }, { '': 2, a: 2 }],
  ])('%s', (_, base, theirs, mine, merged) => {
    expect(threeWayMerge(base, theirs, mine)).toEqual(merged);
  });

  it('does not count another order of leaves as a change', () => {
    expect(threeWayMerge({ a: 1, b: 2 }, { b: 3, a: 1 }, { b: 2, a: 1 })).toEqual({ a: 1, b: 3 });
  });

  it('merges leaves named __proto__, constructor and toString as data, without prototype pollution (S-73)', () => {
    const merged = threeWayMerge(
      json('{"__proto__":{"a":1},"constructor":1}'),
      json('{"__proto__":{"a":1,"theirs":1},"constructor":1,"toString":2}'),
      json('{"__proto__":{"a":1,"mine":1},"constructor":3}'),
    );
    expect(JSON.parse(JSON.stringify(merged))).toEqual(
      json('{"__proto__":{"a":1,"theirs":1,"mine":1},"toString":2,"constructor":3}'),
    );
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('does not find inherited names in the base', () => {
    expect(threeWayMerge({}, { a: 1 }, { toString: 'mine' })).toEqual({ a: 1, toString: 'mine' });
  });

  it('does not change its arguments', () => {
    const given = [{ x: { a: 1 } }, { x: { a: 2 } }, { x: { a: 1, b: 2 } }] as const;
    const before = structuredClone(given);
    threeWayMerge(...given);
    expect(given).toEqual(before);
  });

  /** Three versions of one value with this many levels, and 50 leaves at the innermost. */
  const versionsOf = (levels: number): [Json, Json, Json] => {
    const version = (changed: number): Json => {
      const leaves = Array.from({ length: 50 }, (_, n) => [`l${n}`, n === changed ? 'changed' : [n]]);
      return json(
        '{"in":'.repeat(levels - 2) + JSON.stringify(Object.fromEntries(leaves)) + '}'.repeat(levels - 2),
      );
    };
    return [version(-1), version(1), version(2)];
  };

  it('reads each part of a value a bounded number of times, however deep it is (S-74)', () => {
    let reads = 0;
    const counted = (value: Json): Json =>
      typeof value !== 'object' || value === null
        ? value
        : new Proxy(value, {
            get: (holder, name, proxy) => {
              reads++;
              return counted(Reflect.get(holder, name, proxy) as Json);
            },
          });
    const readsAt = (levels: number): number => {
      reads = 0;
      const [base, theirs, mine] = versionsOf(levels).map(counted);
      threeWayMerge(base, theirs, mine);
      return reads;
    };
    // Three reads per level, one in each version: what depth adds does not depend on what is below it.
    expect(readsAt(900) - readsAt(100)).toBeLessThanOrEqual(3 * 800);
  });

  it('merges at the deepest allowed level', () => {
    const [base, theirs, mine] = versionsOf(MOST_LEVELS);
    const merged = JSON.stringify(threeWayMerge(base, theirs, mine));
    expect(merged).toContain('"l0":[0],"l1":"changed","l2":"changed","l3":[3]');
  });

  it.each<[string, (deep: Json, other: Json) => [Json, Json, Json]]>([
    ['objects', (deep, other) => [{ a: deep }, { a: other }, { a: deep, b: 1 }]],
    ['arrays', (deep) => [[deep], 1, [copyOf(deep)]]],
  ])('refuses %s of more levels with a typed error, whatever the stack can hold (S-74)', (_, valuesOf) => {
    const [deep, other] = versionsOf(MOST_LEVELS + 1);
    expect(() => threeWayMerge(...valuesOf(deep, other))).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_VALUE' }) as Error,
    );
  });

  const VALUES: Value[] = [
    undefined,
    null,
    0,
    'x',
    [],
    [1],
    {},
    { a: 1 },
    { a: 2, b: 1 },
    { a: { b: 1 } },
    { a: [1], c: null },
  ];
  const PAIRS = VALUES.flatMap((one) => VALUES.map((other) => [one, other] as const));

  it('returns the only change, for any two values', () => {
    for (const [base, changed] of PAIRS) {
      expect(threeWayMerge(base, base, changed)).toEqual(changed);
      expect(threeWayMerge(base, changed, base)).toEqual(changed);
    }
  });

  it('returns a change that both made, for any two values', () => {
    for (const [base, changed] of PAIRS) expect(threeWayMerge(base, changed, changed)).toEqual(changed);
  });
});
