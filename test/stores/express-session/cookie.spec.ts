import { deprecationsOf, IMPLEMENTATIONS, textsOf } from '../../express/support/entry-implementations.js';
import { useFrozenTime } from '../../express/support/frozen-time.js';

const NOW = Date.UTC(2030, 0, 1);
useFrozenTime(NOW);

describe.each(IMPLEMENTATIONS)('Cookie of %s', (_, { Cookie }) => {
  const dataOf = (options?: object): unknown => JSON.parse(JSON.stringify(new Cookie(options)));

  it('has its defaults (R88)', () => {
    expect(new Cookie()).toMatchObject({
      path: '/',
      maxAge: null,
      expires: null,
      originalMaxAge: null,
      httpOnly: true,
    });
  });

  it.each([42, 'text', true])('rejects options like %p (R89)', (options) => {
    expect(() => new Cookie(options as never)).toThrow(new TypeError('argument options must be a object'));
  });

  it.each([null, undefined, 0, '', [], new Date()])('accepts options like %p (R89)', (options) => {
    expect(new Cookie(options as never).path).toBe('/');
  });

  it('copies every option but data (R89)', () => {
    const cookie = new Cookie({ path: '/a', data: 1, custom: 2 });
    expect(cookie).toMatchObject({ path: '/a', custom: 2 });
    expect(cookie.data).toMatchObject({ path: '/a' });
    expect(cookie.data).not.toHaveProperty('custom');
  });

  it('applies its options in order: the last of expires and maxAge counts (R90)', () => {
    const expires = new Date(NOW + 9000);
    expect(new Cookie({ expires, maxAge: 1000 }).expires).toEqual(new Date(NOW + 1000));
    expect(new Cookie({ maxAge: 1000, expires }).expires).toBe(expires);
  });

  it.each([
    [{ maxAge: 1000 }, 1000],
    [{ expires: new Date(NOW + 2000) }, 2000],
    [{ maxAge: 1000, originalMaxAge: 5000 }, 5000],
    [{ originalMaxAge: 5000, maxAge: 1000 }, 1000],
    [{ maxAge: 1000, originalMaxAge: null }, 1000],
    [{ maxAge: 1000, originalMaxAge: undefined }, 1000],
  ])('sets originalMaxAge by the last option: %p (R91)', (options, originalMaxAge) => {
    expect(new Cookie(options as object).originalMaxAge).toBe(originalMaxAge);
  });

  it.each(['60', {}, true])('rejects a maxAge like %p (R92)', (maxAge) => {
    expect(() => new Cookie({ maxAge: maxAge as never })).toThrow(
      new TypeError('maxAge must be a number or Date'),
    );
  });

  it.each([60_000, 0, -1000])('counts a maxAge of %p from now (R92)', (maxAge) => {
    expect(new Cookie({ maxAge }).expires).toEqual(new Date(NOW + maxAge));
  });

  it.each([NaN, Infinity])('turns %p into an invalid date, which cannot be written (R92)', (maxAge) => {
    const cookie = new Cookie({ maxAge });
    expect(Number(cookie.expires)).toBeNaN();
    expect(() => cookie.serialize('a', 'b')).toThrow('option expires is invalid');
  });

  it.each([null, undefined, false, ''])('keeps %p as expires (R92)', (maxAge) => {
    expect(new Cookie({ maxAge: maxAge as never }).expires).toBe(maxAge);
  });

  it('accepts a Date as maxAge, with a deprecation (R92)', async () => {
    const date = new Date(NOW + 3000);
    const messages = await deprecationsOf(() => {
      expect(new Cookie({ maxAge: date as never }).expires).toBe(date);
    });
    expect(textsOf(messages)).toEqual(['maxAge as Date; pass number of milliseconds instead']);
  });

  it('reads maxAge as the time left until expires, or as expires (R93)', () => {
    const cookie = new Cookie({ expires: new Date(NOW + 3000) });
    expect(cookie.maxAge).toBe(3000);
    for (const raw of ['text', 12, false, 0, null, undefined]) {
      cookie.expires = raw as never;
      expect(cookie.maxAge).toBe(raw);
    }
  });

  it('returns the object that was set as expires (R93)', () => {
    const expires = new Date(NOW + 3000);
    expect(new Cookie({ expires }).expires).toBe(expires);
  });

  it.each([['text'], [12]])('fails to write %p as expires (R93)', (expires) => {
    const cookie = new Cookie({ expires: expires as never });
    expect(() => cookie.serialize('a', 'b')).toThrow('option expires is invalid');
  });

  it.each([[false], [0], [null], [undefined]])('writes no Expires for %p (R93)', (expires) => {
    const cookie = new Cookie({ expires: expires as never });
    expect(cookie.serialize('a', 'b')).toBe('a=b; Path=/; HttpOnly');
  });

  it('has few own fields; its JSON is its data (R94)', () => {
    const cookie = new Cookie();
    expect(Object.keys(cookie)).toEqual(['path', '_expires', 'originalMaxAge', 'httpOnly']);
    expect(Object.keys(new Cookie({ secure: true }))).toContain('secure');
    expect(cookie.toJSON()).toEqual(cookie.data);
  });

  it('has its data in a fixed order (R95)', () => {
    expect(Object.keys(new Cookie().data)).toEqual([
      ...['originalMaxAge', 'partitioned', 'priority', 'expires', 'secure'],
      ...['httpOnly', 'domain', 'path', 'sameSite'],
    ]);
    expect(JSON.stringify(new Cookie())).toBe(
      '{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}',
    );
    expect(dataOf({ domain: 'a.b', secure: true })).toMatchObject({ domain: 'a.b', secure: true });
  });

  it('has enumerable accessors for copies key by key', () => {
    const names: string[] = [];
    for (const name in new Cookie()) names.push(name);
    expect(names).toEqual(expect.arrayContaining(['expires', 'maxAge', 'data']));
  });

  it('writes all attributes in a fixed order (R96)', () => {
    const cookie = new Cookie({
      domain: '.example.com',
      path: '/a',
      maxAge: 1000,
      secure: true,
      partitioned: true,
      priority: 'high',
      sameSite: 'lax',
    });
    expect(cookie.serialize('sid', 's:a b')).toBe(
      'sid=s%3Aa%20b; Domain=.example.com; Path=/a; Expires=Tue, 01 Jan 2030 00:00:01 GMT; HttpOnly; Secure; ' +
        'Partitioned; Priority=High; SameSite=Lax',
    );
  });

  it.each([
    [{ priority: 'LOW' }, 'Priority=Low'],
    [{ priority: 'Medium' }, 'Priority=Medium'],
    [{ sameSite: true }, 'SameSite=Strict'],
    [{ sameSite: 'STRICT' }, 'SameSite=Strict'],
    [{ sameSite: 'None' }, 'SameSite=None'],
  ])('reads %p in any case (R96)', (options, expected) => {
    expect(new Cookie(options as object).serialize('a', 'b')).toBe(`a=b; Path=/; HttpOnly; ${expected}`);
  });

  it.each([
    [{ priority: 'x' }, 'option priority is invalid'],
    [{ sameSite: 'x' }, 'option sameSite is invalid'],
    [{ domain: 'a b;' }, 'option domain is invalid'],
    [{ path: 'a;b' }, 'option path is invalid'],
  ])('fails to write %p (R96)', (options, message) => {
    expect(() => new Cookie(options as object).serialize('a', 'b')).toThrow(message);
  });

  it('leaves out a false sameSite and an empty path (R96)', () => {
    expect(new Cookie({ sameSite: false, path: '' }).serialize('a', 'b')).toBe('a=b; HttpOnly');
  });
});
