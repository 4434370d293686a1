import { runInNewContext } from 'node:vm';
import { MOST_LEVELS, toJsonText } from '../../../lib/core/util/json-text.js';
import { SessionError } from '../../../lib/core/errors.js';

function refusal(value: unknown, name = 'cart'): SessionError {
  try {
    toJsonText(value, name);
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const SECRET_VALUE = 'do-not-print-me';

function cycle(): object {
  const cart: Record<string, unknown> = { note: SECRET_VALUE };
  cart['items'] = [{ cart }];
  return cart;
}

function nested(levels: number): object {
  let value: object = { note: SECRET_VALUE };
  for (let level = 0; level < levels; level++) value = { in: value };
  return value;
}

describe('toJsonText', () => {
  it.each<[string, unknown, string | null]>([
    ['a string', 'käse "x"', '"käse \\"x\\""'],
    ['an empty string', '', '""'],
    ['a number', -1.5, '-1.5'],
    ['not a number, as JSON does', Number.NaN, 'null'],
    ['a boolean', false, 'false'],
    ['null', null, 'null'],
    // eslint-disable-next-line no-sparse-arrays -- what is tested
    ['an array with holes', [1, undefined, , 2], '[1,null,null,2]'],
    ['an object without what JSON leaves out', { a: 1, b: undefined, [Symbol('d')]: 1 }, '{"a":1}'],
    ['not a number inside, as JSON does', { a: [Number.NaN, -Infinity] }, '{"a":[null,null]}'],
    ['a Date inside', { at: [new Date(0)] }, '{"at":["1970-01-01T00:00:00.000Z"]}'],
    [
      'an instance by its own fields',
      new (class Cart {
        items = [1];
        total() {
          return 1;
        }
      })(),
      '{"items":[1]}',
    ],
    ['a Map by its toJSON', Object.assign(new Map([['a', 1]]), { toJSON: () => ['a'] }), '["a"]'],
    ['a Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['what toJSON gives', { toJSON: () => ({ a: 1 }) }, '{"a":1}'],
    ['nothing where toJSON gives nothing', { toJSON: () => undefined }, null],
    ['nothing for undefined', undefined, null],
    ['one object twice, which is no cycle', ((one) => [one, one])({ a: 1 }), '[{"a":1},{"a":1}]'],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
  ])('writes %s', (_, value, text) => {
    expect(toJsonText(value, 'cart')).toBe(text);
  });

  it.each<[string, unknown, string]>([
    ['a BigInt', 12345678901n, 'cart is a BigInt'],
    ['a BigInt deep inside', { items: [{ price: 12345678901n }] }, 'cart.items["0"].price is a BigInt'],
    [
      'a BigInt under a name that is no identifier',
      { 'a b': { '': 12345678901n } },
      'cart["a b"][""] is a BigInt',
    ],
    ['a Map', new Map([[SECRET_VALUE, 1]]), 'cart is a Map'],
    ['a Set', new Set([SECRET_VALUE]), 'cart is a Set'],
    ['a RegExp', /do-not-print-me/, 'cart is a RegExp'],
    ['a Promise', Promise.resolve(SECRET_VALUE), 'cart is a Promise'],
    ['a function', () => SECRET_VALUE, 'cart is a function'],
    ['a symbol', Symbol(SECRET_VALUE), 'cart is a symbol'],
    ['a Map deep inside', { a: [{ b: new Map() }] }, 'cart.a["0"].b is a Map'],
    ['a Set in an array', [1, new Set()], 'cart["1"] is a Set'],
    ['a function in an object', { user: { can: () => true } }, 'cart.user.can is a function'],
    ['a symbol in an array', [Symbol('x')], 'cart["0"] is a symbol'],
    [
      'a Promise in an instance',
      new (class Cart {
        items = Promise.resolve(1);
      })(),
      'cart.items is a Promise',
    ],
    [
      'an instance of a class that extends Map',
      new (class Cart extends Map<string, number> {})(),
      'cart is a Map',
    ],
    ['a Map of another realm', runInNewContext('({ m: new Map() })'), 'cart.m is a Map'],
    ['a Map that toJSON gives', { m: { toJSON: () => new Map() } }, 'cart.m is a Map'],
    ['a cycle', cycle(), 'cart.items["0"].cart leads back to itself (a cycle)'],
    [
      'a toJSON that throws',
      {
        when: {
          toJSON: () => {
            throw new Error(SECRET_VALUE);
          },
        },
      },
      'cart.when has a toJSON method that throws',
    ],
    [
      'a toJSON of the attribute itself that throws',
      {
        toJSON: () => {
          throw new Error(SECRET_VALUE);
        },
      },
      'cart has a toJSON method that throws',
    ],
    [
      'a getter that throws',
      {
        user: Object.defineProperty({}, 'name', {
          enumerable: true,
          get: () => {
            throw new Error(SECRET_VALUE);
          },
        }),
      },
      'cart.user.name is a getter that throws',
    ],
    ['a BigInt that toJSON gives', { price: { toJSON: () => 12345678901n } }, 'cart.price is a BigInt'],
    [
      'a cycle that toJSON makes',
      ((o: Record<string, unknown>) => Object.assign(o, { x: { toJSON: () => o } }))({}),
      'cart.x leads back to itself',
    ],
  ])('refuses %s, and names the path but never the value (S-74)', (_, value, expected) => {
    const { code, message } = refusal(value);
    expect(code).toBe('ERR_SESSION_VALUE');
    expect(message).toContain(expected);
    expect(message).toContain('plain data');
    expect(message).not.toMatch(/12345678901|do-not-print-me/);
  });

  it('writes as many levels as a merge supports', () => {
    expect(toJsonText(nested(MOST_LEVELS - 1), 'cart')).toContain(SECRET_VALUE);
  });

  it.each([MOST_LEVELS, 100_000])(
    'refuses an object inside %d others, in a message of readable length (S-74)',
    (levels) => {
      const { code, message } = refusal(nested(levels));
      expect(code).toBe('ERR_SESSION_VALUE');
      expect(message).toContain('cart is nested more than 1000 levels deep');
      expect(message.length).toBeLessThan(400);
      expect(message).not.toContain(SECRET_VALUE);
    },
  );

  it('counts the levels of what toJSON returns', () => {
    const value = { shown: { toJSON: () => nested(MOST_LEVELS - 2) } };
    expect(toJsonText(value, 'cart')).toContain(SECRET_VALUE);
    expect(refusal({ shown: { toJSON: () => nested(MOST_LEVELS - 1) } }).message).toContain('1000 levels');
  });

  it('names the value that JSON refused, not a deep branch beside it', () => {
    expect(refusal({ deep: nested(600), price: 1n }).message).toContain('cart.price is a BigInt');
  });

  it('has the thrown error as its cause', () => {
    const thrown = new Error('from toJSON');
    expect(
      refusal({
        toJSON: () => {
          throw thrown;
        },
      }).cause,
    ).toBe(thrown);
    expect(refusal(1n).cause).toBeInstanceOf(Error);
  });

  it('refuses an object whose getter throws only on first read', () => {
    let reads = 0;
    const moody = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        if (reads++ === 0) throw new Error(SECRET_VALUE);
        return 1;
      },
    });
    const { code, message } = refusal(moody);
    expect(code).toBe('ERR_SESSION_VALUE');
    expect(message).toContain('cart cannot be written as JSON');
    expect(message).not.toContain(SECRET_VALUE);
  });
});
