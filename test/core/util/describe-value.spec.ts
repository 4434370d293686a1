import { describeKind, describeValue, describeWithoutText } from '../../../lib/core/util/describe-value.js';

class Shop {}

describe('describeValue', () => {
  it.each<[string, unknown, string]>([
    ['a short string', 'lax', '"lax"'],
    ['an empty string', '', '""'],
    ['a string with quotes and line breaks', 'a"\n', '"a\\"\\n"'],
    ['a string of 31 bytes', 'x'.repeat(31), `"${'x'.repeat(31)}"`],
    ['a string that is long enough for a secret', 'x'.repeat(32), 'a string of 32 characters'],
    ['a string of few characters and 32 bytes', '🔑'.repeat(8), 'a string of 16 characters'],
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

describe('describeWithoutText', () => {
  it.each<[unknown, string]>([
    ['hunter2', 'a string of 7 characters'],
    ['', '""'],
    [7, '7'],
    [null, 'null'],
    [['hunter2'], 'an array of 1'],
  ])('describes %j', (value, expected) => {
    expect(describeWithoutText(value)).toBe(expected);
  });
});

describe('describeKind', () => {
  it.each<[unknown, string]>([
    ['hunter2', 'a string'],
    ['', 'a string'],
    [7, 'a number'],
    [7n, 'a bigint'],
    [Symbol('hunter2'), 'a symbol'],
    [function hunter2() {}, 'a function'],
    [true, 'a boolean'],
    [undefined, 'undefined'],
    [null, 'null'],
    [['hunter2'], 'an array of 1'],
    [{ hunter2: 1 }, 'an object'],
  ])('describes %p', (value, expected) => {
    expect(describeKind(value)).toBe(expected);
  });
});
