import { changeInPlace } from '../../../lib/core/util/json-in-place.js';
import type { Json, JsonObject } from '../../../lib/core/merge/three-way-merge.js';

const change = <T extends object>(target: T, to: JsonObject, left: readonly string[] = []): T => {
  changeInPlace(target, to, (name) => left.includes(name));
  return target;
};

describe('an object that is changed in place', () => {
  it.each<[string, object, JsonObject]>([
    ['a value', { a: 1 }, { a: 2 }],
    ['a new property', { a: 1 }, { a: 1, b: { c: [1] } }],
    ['a removed property', { a: 1, b: null, c: { d: 1 } }, { a: 1 }],
    ['a nested value', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1, d: 3 } } }],
    ['a longer array', { a: [1, { b: 1 }] }, { a: [0, { b: 1 }, { c: 2 }] }],
    ['a shorter array', { a: [1, 2, 3] }, { a: [2] }],
    ['an object in the place of a scalar', { a: 1, b: null }, { a: { x: 1 }, b: {} }],
    ['a scalar in the place of an object', { a: { x: 1 }, b: [] }, { a: 1, b: null }],
    ['an array in the place of an object', { a: { 0: 'x' } }, { a: ['x'] }],
    ['an object in the place of an array', { a: ['x'] }, { a: { 0: 'x' } }],
    ['an inherited name', {}, { toString: 1, constructor: { prototype: 1 } }],
  ])('equals the target value: %s', (_, target, to) => {
    expect(JSON.parse(JSON.stringify(change(target, to)))).toEqual(to);
  });

  it('keeps its nested objects and arrays', () => {
    const target = { cart: { items: [{ id: 1, n: 1 }], total: 1 }, gone: 1 };
    const { cart } = target;
    const { items } = cart;
    const [item] = items;
    change(target, { cart: { items: [{ id: 1, n: 2 }], total: 2 } });
    expect(target.cart).toBe(cart);
    expect(cart).toEqual({ items: [{ id: 1, n: 2 }], total: 2 });
    expect(cart.items).toBe(items);
    expect(items[0]).toBe(item);
  });

  it('keeps only the unchanged items of an array whose length changes', () => {
    const [first, second] = [{ id: 1 }, { id: 2 }];
    const items = [first, second];
    const target = change({ items }, { items: [{ id: 1 }, { id: 3 }, { id: 4 }] });
    expect(target.items).toBe(items);
    expect(items).toEqual([{ id: 1 }, { id: 3 }, { id: 4 }]);
    expect(items[0]).toBe(first);
    expect(second).toEqual({ id: 2 });
  });

  it('keeps values that JSON omits or writes in the same way', () => {
    const at = new Date(0);
    const run = (): void => undefined;
    const target: Record<string, unknown> = { at, run, none: undefined, nan: Number.NaN, n: 1 };
    change(target, { at: at.toJSON(), nan: null, n: 2 });
    expect(target).toEqual({ at, run, none: undefined, nan: Number.NaN, n: 2 });
    expect(target['at']).toBe(at);
    change(target, { at: '1970-01-02T00:00:00.000Z', nan: null, n: 2 });
    expect(target['at']).toBe('1970-01-02T00:00:00.000Z');
  });

  it('does not change properties that are not data', () => {
    expect(change({ cookie: 1, a: 1 }, { cookie: 2, save: 3, a: 2 }, ['cookie', 'save'])).toEqual({
      cookie: 1,
      a: 2,
    });
    expect(change({ cookie: 1 }, {}, ['cookie'])).toEqual({ cookie: 1 });
  });

  it('replaces a nested object that cannot be changed', () => {
    const frozen = Object.freeze({ a: 1, b: Object.freeze([1]) });
    const target = { frozen, list: Object.freeze([1]), sealed: Object.seal({ x: 1 }) };
    change(target, { frozen: { a: 2, b: [1] }, list: [2], sealed: {} });
    expect(target).toEqual({ frozen: { a: 2, b: [1] }, list: [2], sealed: {} });
    expect(frozen).toEqual({ a: 1, b: [1] });
  });

  it('separates an object that is in two places', () => {
    const both = { n: 1 };
    const target = change({ a: both, b: both, c: both }, { a: { n: 2 }, b: { n: 3 }, c: { n: 2 } });
    expect(target).toEqual({ a: { n: 2 }, b: { n: 3 }, c: { n: 2 } });
    expect(target.a).toBe(both);
    expect(target.c).toBe(both);
  });

  it('does not change a prototype', () => {
    const target = { a: {} };
    change(target, JSON.parse('{"a":{"__proto__":{"polluted":true}}}') as JsonObject);
    expect(JSON.stringify(target)).toBe('{"a":{"__proto__":{"polluted":true}}}');
    expect(Object.getPrototypeOf(target.a)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is visited once, at any depth', () => {
    let reads = 0;
    const deep = (depth: number, leaf: Json, counted: boolean): JsonObject => {
      let made: Record<string, Json> = { leaf };
      for (let at = 0; at < depth; at++) {
        const inner = made;
        made = counted
          ? Object.defineProperty({}, 'in', {
              enumerable: true,
              configurable: true,
              get: () => (reads++, inner),
            })
          : { in: inner };
      }
      return made;
    };
    change(deep(1000, 1, true), deep(1000, 2, false));
    expect(reads).toBe(1000);
  });
});
