import { parse } from 'cookie';
import { cookieValues } from '../../lib/cookie/cookie-header.js';

describe('cookieValues', () => {
  it('ignores any white space around a name, and no other character', () => {
    for (let byte = 0; byte < 256; byte++) {
      const char = String.fromCharCode(byte);
      for (const name of [`${char}sid`, `sid${char}`, ` ${char}sid${char}\t`]) {
        if (char === '=' || char === ';') continue;
        const found = name.trim() === 'sid' ? ['x'] : [];
        expect([name, cookieValues(`a=0; ${name}=x`, 'sid')]).toEqual([name, found]);
      }
    }
  });

  it.each<[string, string, string[]]>([
    ['an empty header', '', []],
    ['a header of spaces', '   ', []],
    ['a header of semicolons', ';;; ;', []],
    ['a header without our cookie', 'a=1; b=2', []],
    ['our cookie alone', 'sid=x', ['x']],
    ['our cookie among others', 'a=1; sid=x; b=2', ['x']],
    ['no space after the semicolon (R31)', 'a=1;sid=x;b=2', ['x']],
    ['spaces and tabs around everything', ' \t a = 1 ;\t sid \t= \t x \t; b=2', ['x']],
    ['a semicolon at the end', 'sid=x;', ['x']],
    ['an empty value', 'sid=', ['']],
    ['an empty value before others', 'sid=; a=1', ['']],
    ['a name without a value', 'sid; sid=x', ['x']],
    ['a name without a value at the end', 'a=1; sid', []],
    ['a part without an equals sign before our cookie', 'junk; sid=x', ['x']],
    ['a value that contains equals signs', 'sid=a=b==', ['a=b==']],
    ['our name as the value of another', 'a=sid; b=sid=x', []],
    ['quotes around the value (R31)', 'sid="x y"', ['x y']],
    ['quotes around nothing', 'sid=""', ['']],
    ['one quote only', 'sid="', ['"']],
    ['a quote at the beginning only', 'sid="x', ['"x']],
    ['quotes inside', 'sid=a"b"c', ['a"b"c']],
    ['percent escapes (R31)', 'sid=s%3Aa%2Bb%2F', ['s:a+b/']],
    ['percent escapes within quotes', 'sid="s%3Aa"', ['s:a']],
    ['an invalid percent escape, unchanged (R31)', 'sid=%E0%A4%A', ['%E0%A4%A']],
    ['a percent sign alone', 'sid=100%', ['100%']],
    ['an encoded percent sign, decoded once', 'sid=%2525', ['%25']],
    ['a plus sign', 'sid=a+b', ['a+b']],
    ['several cookies of one name, in order (S-28)', 'sid=1; a=x; sid=2; sid=3', ['1', '2', '3']],
    ['ten cookies of one name', 'sid=x; '.repeat(10), Array<string>(10).fill('x')],
    [
      'the first 32 of more cookies of one name (S-28)',
      `${'sid=x; '.repeat(32)}sid=y`,
      Array<string>(32).fill('x'),
    ],
    ['the same cookie twice', 'sid=1; sid=1', ['1', '1']],
    ['no name in another case (R31)', 'SID=1; Sid=2; sid=3', ['3']],
    ['names that begin with ours', 'sid2=1; sid.sig=2; sid=3', ['3']],
    ['names that end with ours', 'xsid=1; connect.sid=2; sid=3', ['3']],
    ['a name without a prefix as another name (S-27)', '__Host-sid=1; sid=2', ['2']],
    ['a NUL in the name', 'sid\0=1; sid=2', ['2']],
  ])('reads %s', (_, header, values) => {
    expect(cookieValues(header, 'sid')).toEqual(values);
  });

  it.each(['connect.sid', '__Host-id', 'a.b', 'a*b', '$x', '__proto__', 'constructor', '(', '^'])(
    'matches the name %j literally',
    (name) => {
      expect(cookieValues(`a=0; ${name}=x; b=1`, name)).toEqual(['x']);
      expect(cookieValues('connect-sid=0; aXb=1', name)).toEqual([]);
    },
  );

  it('matches a name with a prefix exactly (S-27)', () => {
    expect(cookieValues('__HOST-id=evil; __Host-id=good', '__Host-id')).toEqual(['good']);
  });

  it('agrees with the package cookie on the first value of generated headers (R31)', () => {
    const names = ['sid', 'sid ', ' sid', 'Sid', 'xsid', 'sidx', ''];
    const values = ['', 'x', '"x"', '""', 'a=b', '%3A', '%', ' x ', 'a"b'];
    const separators = [';', '; ', ' ;', ';;'];
    for (const first of names) {
      for (const second of names) {
        for (const value of values) {
          for (const separator of separators) {
            const header = `${first}=${value}${separator}${second}=second`;
            expect([header, cookieValues(header, 'sid')[0]]).toEqual([header, parse(header)['sid']]);
          }
        }
      }
    }
  });

  describe.each<[string, string]>([
    ['semicolons', ';'],
    ['equals signs', '='],
    ['quotes', 'sid="'],
    ['percent signs', 'sid=%;'],
    ['spaces', ' '],
    ['spaces and semicolons', '  ;'],
    ['names without an equals sign', 'a;'],
    ['our name without an equals sign', 'sid;'],
  ])('with 64 kilobytes of %s', (_, part) => {
    it.each<[string, string]>([
      ['and nothing else', ''],
      ['and our cookie at the end', ';sid=x'],
    ])('%s, reads each character a bounded number of times (S-11)', (_name, end) => {
      const header = part.repeat(Math.floor(65_536 / part.length)) + end;
      expect(charactersRead(() => cookieValues(header, 'sid'))).toBeLessThan(10 * header.length);
    });
  });
});

/**
 * Number of characters that string methods read while a function runs. It is stable, unlike the time of a
 * machine.
 */
function charactersRead(run: () => void): number {
  let read = 0;
  const lengths: { [method: string]: (text: string, args: unknown[], result: unknown) => number } = {
    indexOf: (text, [, from = 0], found) =>
      (found === -1 ? text.length : Number(found) + 1) - Math.min(Number(from), text.length),
    charCodeAt: () => 1,
    startsWith: (_, [name]) => String(name).length,
    slice: (_, __, result) => String(result).length,
    trim: (text) => text.length,
  };
  const prototype = String.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  const originals = Object.keys(lengths).map((method) => [method, prototype[method]!] as const);
  for (const [method, original] of originals) {
    prototype[method] = function (this: string, ...args: unknown[]) {
      const result = original.apply(this, args);
      read += lengths[method]!(this, args, result);
      return result;
    };
  }
  try {
    run();
  } finally {
    for (const [method, original] of originals) prototype[method] = original;
  }
  return read;
}
