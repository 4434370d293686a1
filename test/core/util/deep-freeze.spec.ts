import { deepFreeze } from '../../../lib/core/util/deep-freeze.js';

describe('deepFreeze', () => {
  it('freezes all objects and arrays in a value, and returns it', () => {
    const value = { a: [{ b: { c: 1 } }], n: null, text: 'x', empty: {} };
    expect(deepFreeze(value)).toBe(value);
    for (const one of [value, value.a, value.a[0], value.a[0]!.b, value.empty])
      expect(Object.isFrozen(one)).toBe(true);
  });

  it('freezes values of any depth', () => {
    const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    let innermost = deepFreeze(JSON.parse(text) as unknown[]);
    while (innermost[0] !== undefined) innermost = innermost[0] as unknown[];
    expect(Object.isFrozen(innermost)).toBe(true);
  });

  it.each([1, 'text', null, undefined, true])('returns %p as it is', (value) => {
    expect(deepFreeze(value)).toBe(value);
  });
});
