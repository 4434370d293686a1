import { describeValue } from '../../lib/core/describe-value.js';

class Shop {}

describe('describeValue', () => {
  it.each<[string, unknown, string]>([
    ['a short string', 'lax', '"lax"'],
    ['an empty string', '', '""'],
    ['a string with quotes and line breaks', 'a"\n', '"a\\"\\n"'],
    ['a string of 40', 'x'.repeat(40), `"${'x'.repeat(40)}"`],
    ['a longer string', 'x'.repeat(41), 'a string of 41 characters'],
    ['a number', 1.5, '1.5'],
    ['not a number', Number.NaN, 'NaN'],
    ['infinity', -Infinity, '-Infinity'],
    ['a boolean', false, 'false'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a bigint', 5n, '5n'],
    ['a named function', function load() {}, 'the function load'],
    ['a class', Shop, 'the function Shop'],
    [
      'a function without a name',
      (
        () => () =>
          1
      )(),
      'a function',
    ],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['an array', [1, 2, 3], 'an array of 3'],
    ['an empty array', [], 'an array of 0'],
    ['an object', { a: 1 }, 'an object'],
    ['an object without prototype', Object.create(null), 'an object'],
    ['an object with a field named constructor', { constructor: 'x' }, 'an object'],
    ['a promise', Promise.resolve(), 'a Promise'],
    ['an instance', new Shop(), 'an instance of Shop'],
    ['a Date', new Date(0), 'an instance of Date'],
    ['an instance of a class without a name', new (class {})(), 'an object'],
  ])('tells %s', (_, value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it('shows nothing of what is inside', () => {
    expect(describeValue({ password: 'hunter2' }) + describeValue(['hunter2'])).not.toContain('hunter2');
  });
});
