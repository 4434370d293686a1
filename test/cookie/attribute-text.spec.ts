import { attributeText, type SentCookie } from '../../lib/cookie/attribute-text.js';
import type { CookieAttributes } from '../../lib/core/session/session-cookie.js';

const END = Date.UTC(2030, 0, 1);
const ATTRIBUTES: CookieAttributes = { path: '/', httpOnly: true, sameSite: 'lax' };
const ended: SentCookie = { attributes: ATTRIBUTES, expiresAt: END + 10, lifeMs: 60_010 };
const TEXT = '; Max-Age=60; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT; HttpOnly; SameSite=Lax';

describe('attributeText', () => {
  it('writes no lifetime for a cookie that ends with the browser', () => {
    const text = attributeText('sid', { attributes: ATTRIBUTES, expiresAt: null, lifeMs: 0 });
    expect(text).toBe('; Path=/; HttpOnly; SameSite=Lax');
  });

  it.each<[string, Partial<SentCookie>, string]>([
    ['the same second', { expiresAt: END + 999, lifeMs: 60_999 }, TEXT],
    ['another second of the end', { expiresAt: END + 1000 }, TEXT.replace('00:00:00', '00:00:01')],
    ['another time left', { lifeMs: 59_999 }, TEXT.replace('Age=60', 'Age=59')],
    ['an end that has passed', { lifeMs: -1 }, TEXT.replace('Age=60', 'Age=0')],
    ['other attributes', { attributes: { ...ATTRIBUTES, path: '/x' } }, TEXT.replace('Path=/', 'Path=/x')],
  ])('is right after another cookie was sent: %s', (_, change, expected) => {
    expect(attributeText('sid', ended)).toBe(TEXT);
    expect(attributeText('sid', { ...ended, ...change })).toBe(expected);
  });

  it('checks each name, also after a valid one with the same attributes', () => {
    expect(attributeText('sid', ended)).toBe(TEXT);
    expect(() => attributeText('s;id', ended)).toThrow(TypeError);
  });
});
