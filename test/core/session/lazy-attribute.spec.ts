import {
  isLazyProperty,
  lazyAttribute,
  LazyTexts,
  plainValue,
} from '../../../lib/core/session/lazy-attribute.js';

const owning = (text: string): Record<string, unknown> => {
  const owner: Record<string, unknown> = {};
  LazyTexts.give(owner, new Map([['cart', text]]));
  return Object.defineProperty(owner, 'cart', lazyAttribute('cart'));
};
const propertyOf = (owner: object) => Object.getOwnPropertyDescriptor(owner, 'cart')!;

describe('plainValue', () => {
  it.each([
    ['true', true],
    ['false', false],
    ['7', 7],
    ['-7', -7],
    ['"word"', 'word'],
    [`"${'x'.repeat(64)}"`, 'x'.repeat(64)],
  ])('parses %s', (text, value) => {
    expect(plainValue(text)).toBe(value);
  });

  it.each([
    'null',
    '-0',
    '1.5',
    '1e3',
    '"a\\nb"',
    '"é"',
    '{}',
    '[]',
    '1234567890123456',
    `"${'x'.repeat(65)}"`,
  ])('leaves %s to the parser', (text) => {
    expect(plainValue(text)).toBeUndefined();
  });
});

describe('a lazy attribute', () => {
  it('is parsed on first read, and an ordinary property afterwards', () => {
    const owner = owning('{"a":1}');
    expect(isLazyProperty(propertyOf(owner))).toBe(true);
    expect(owner['cart']).toEqual({ a: 1 });
    expect(isLazyProperty(propertyOf(owner))).toBe(false);
    expect(owner['cart']).toBe(owner['cart']);
  });

  it('is replaced by an assigned value without a parse', () => {
    const owner = owning('no JSON');
    owner['cart'] = 2;
    expect(owner['cart']).toBe(2);
  });

  it('throws a typed error without the text where that is no JSON', () => {
    const read = (): unknown => owning('secret')['cart'];
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }) as Error);
    expect(read).not.toThrow('secret');
  });

  it('does not count the getter of another library', () => {
    expect(isLazyProperty({ get: () => 1 })).toBe(false);
    expect(isLazyProperty({})).toBe(false);
  });
});
