import { inspect } from 'node:util';
import { SessionError } from '../../lib/core/errors.js';
import { checkedSessionId, isSessionId, newSessionId } from '../../lib/core/session-id.js';

describe('newSessionId', () => {
  it('makes a million ids without a duplicate (S-7)', () => {
    const seen = new Set<string>();
    for (let made = 0; made < 1_000_000; made++) seen.add(newSessionId());
    expect(seen.size).toBe(1_000_000);
  });

  it('makes 192 bits in 32 characters of base64url (R33b)', () => {
    for (let made = 0; made < 1000; made++) {
      const id = newSessionId();
      expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(Buffer.from(id, 'base64url')).toHaveLength(24);
    }
  });

  it('uses every character at every position (S-8)', () => {
    const places = Array.from({ length: 32 }, () => new Set<string>());
    for (let made = 0; made < 5000; made++) [...newSessionId()].forEach((sign, at) => places[at]!.add(sign));
    expect(places.map((signs) => signs.size)).toEqual(Array.from({ length: 32 }, () => 64));
  });

  it('makes ids that are accepted again', () => {
    expect(isSessionId(newSessionId())).toBe(true);
  });
});

const LONG = 'x'.repeat(22);

describe('isSessionId', () => {
  it.each<[string, string]>([
    ['the shortest', LONG],
    ['the longest', 'x'.repeat(256)],
    ['a UUID', '0193a3c4-7f2b-7c3d-8e4f-5a6b7c8d9e0f'],
    [
      'every visible ASCII character',
      Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join(''),
    ],
    ['one with dots, as a signature splits at the last', 'user.1.0123456789abcdefghij'],
  ])('accepts %s', (_, text) => {
    expect(isSessionId(text)).toBe(true);
  });

  it.each<[string, string]>([
    ['nothing (R36)', ''],
    ['one character too few', 'x'.repeat(21)],
    ['one character too many', 'x'.repeat(257)],
    ['ten kilobytes', 'x'.repeat(10_240)],
    ['a blank', `${LONG} x`],
    ['a line break at the end', `${LONG}\n`],
    ['a line break inside', `x\r\n${LONG}`],
    ['a NUL', `${LONG}\0`],
    ['a tab', `${LONG}\t`],
    ['DEL', `${LONG}\x7f`],
    ['a letter that is not ASCII', `${LONG}é`],
    ['an emoji', `${LONG}🍪`],
  ])('refuses %s (S-11)', (_, text) => {
    expect(isSessionId(text)).toBe(false);
  });
});

describe('checkedSessionId', () => {
  it('returns the id that genid made', () => {
    expect(checkedSessionId(LONG)).toBe(LONG);
  });

  it.each<[string, unknown, string]>([
    ['too short a string', 'secret-short', 'a string of 12 characters'],
    ['too long a string', 's'.repeat(300), 'a string of 300 characters'],
    ['a string with blanks', `secret ${LONG}`, 'a string of 29 characters'],
    ['a number', 42, 'got 42'],
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['a promise', Promise.resolve(LONG), 'got a Promise'],
    ['a Buffer', Buffer.alloc(32), 'got an instance of Buffer'],
    ['a String object', Object(LONG), 'got an instance of String'],
  ])('refuses %s, and names the requirements (S-7)', (_, made, came) => {
    let thrown: unknown;
    try {
      checkedSessionId(made);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SessionError);
    expect(thrown).toMatchObject({ code: 'ERR_SESSION_ID' });
    const { message } = thrown as SessionError;
    expect(message).toContain(came);
    expect(message).toContain('genid');
    expect(message).toContain('22 to 256 visible ASCII characters');
    expect(inspect(thrown)).not.toContain('secret');
  });
});
