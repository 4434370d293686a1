import { createSecretKey } from 'node:crypto';
import { sign, unsign } from 'cookie-signature';
import { signedValue, verifiedId, type Secret } from '../../lib/cookie/cookie-signature.js';
import { newSessionId } from '../../lib/core/session-id.js';

const TEXT = 'keyboard cat';
const OTHER = 'another secret';
const APPLE = 's:apple.D8Y+pkTAmeR0PobOhY4G97PRW+j7bUnP/5m6/On1MCU';

const KINDS: [string, Secret][] = [
  ['a string', TEXT],
  ['a string that is not ASCII', 'schlüssel 🔑'],
  ['a Buffer', Buffer.from(TEXT)],
  ['a Uint8Array', new Uint8Array([1, 2, 3, 254, 255])],
  ['a KeyObject', createSecretKey(Buffer.from(TEXT))],
];

describe('signedValue', () => {
  it('returns the known value of an id (R24, R33)', () => {
    expect(signedValue('apple', [TEXT])).toBe(APPLE);
    expect(encodeURIComponent(APPLE)).toBe('s%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU');
  });

  it('signs with the first secret (R33)', () => {
    expect(signedValue('apple', [TEXT, OTHER])).toBe(APPLE);
    expect(signedValue('apple', [OTHER, TEXT])).not.toBe(APPLE);
  });

  it('returns the same value for a string, its bytes and a key of them', () => {
    const made = [TEXT, Buffer.from(TEXT), createSecretKey(Buffer.from(TEXT))].map((secret) =>
      signedValue('apple', [secret]),
    );
    expect(new Set(made)).toEqual(new Set([APPLE]));
  });
});

describe('verifiedId', () => {
  it.each(KINDS)('returns the id that was signed with %s', (_, secret) => {
    const id = newSessionId();
    expect(verifiedId(signedValue(id, [secret]), [secret])).toEqual({ id, current: true });
  });

  it.each(KINDS)(
    'agrees with the package cookie-signature in both directions, with %s (R33)',
    (_, secret) => {
      for (const id of [newSessionId(), 'a.b.c', 'x', 'käse', '.']) {
        const theirs = sign(id, secret);
        expect(signedValue(id, [secret])).toBe(`s:${theirs}`);
        expect(verifiedId(`s:${theirs}`, [secret])).toEqual({ id, current: true });
        expect(unsign(signedValue(id, [secret]).slice(2), secret as string)).toBe(id);
      }
    },
  );

  it('accepts a signature of any secret, and returns whether it is of the first (S-15)', () => {
    expect(verifiedId(APPLE, [TEXT, OTHER])).toEqual({ id: 'apple', current: true });
    expect(verifiedId(APPLE, [OTHER, TEXT])).toEqual({ id: 'apple', current: false });
    expect(verifiedId(APPLE, [OTHER, 'third', Buffer.from(TEXT)])).toEqual({ id: 'apple', current: false });
  });

  it('rejects a signature of a removed secret (S-15)', () => {
    expect(verifiedId(APPLE, [OTHER])).toBeNull();
  });

  it('splits at the last dot (R33)', () => {
    expect(verifiedId(signedValue('a.b', [TEXT]), [TEXT])?.id).toBe('a.b');
  });

  it.each<[string, string]>([
    ['an empty value', ''],
    ['the prefix alone (R32)', 's:'],
    ['a value without the prefix (R32)', APPLE.slice(2)],
    ['the prefix in upper case (R32)', `S${APPLE.slice(1)}`],
    ['the prefix of JSON cookies (R32)', `j${APPLE.slice(1)}`],
    ['the prefix twice', `s:${APPLE}`],
    ['no signature', 's:apple'],
    ['an empty signature', 's:apple.'],
    ['no id', 's:.D8Y+pkTAmeR0PobOhY4G97PRW+j7bUnP/5m6/On1MCU'],
    ['a dot alone', 's:.'],
    ['an extra = (R33)', `${APPLE}=`],
    ['an extra space', `${APPLE} `],
    ['a line break', `${APPLE}\n`],
    ['a leading space', ` ${APPLE}`],
    ['a signature in base64url', APPLE.replaceAll('+', '-').replaceAll('/', '_')],
    ['a signature of another id', APPLE.replace('apple', 'apples')],
    ['a signature of another case', APPLE.toLowerCase()],
    ['a value that is still encoded', encodeURIComponent(APPLE)],
    ['a value of ten kilobytes (S-11)', `s:${'x'.repeat(10_240)}.y`],
    ['a value that is not ASCII (S-11)', 's:käse.🍪'],
  ])('rejects %s (R34)', (_, value) => {
    expect(verifiedId(value, [TEXT])).toBeNull();
  });

  it('rejects a value with any one character changed (S-5, S-14)', () => {
    for (let at = 0; at < APPLE.length; at++) {
      for (const sign of ['A', 'B', '.', '=', ' ', 'é']) {
        if (APPLE[at] === sign) continue;
        expect(verifiedId(APPLE.slice(0, at) + sign + APPLE.slice(at + 1), [TEXT])).toBeNull();
      }
    }
  });

  it('rejects a value with any one character removed or added (S-5)', () => {
    for (let at = 0; at < APPLE.length; at++) {
      expect(verifiedId(APPLE.slice(0, at) + APPLE.slice(at + 1), [TEXT])).toBeNull();
      expect(verifiedId(`${APPLE.slice(0, at)}x${APPLE.slice(at)}`, [TEXT])).toBeNull();
    }
  });
});
