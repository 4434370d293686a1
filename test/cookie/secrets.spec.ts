import { createHmac, createSecretKey } from 'node:crypto';
import { signedValue, verifiedId } from '../../lib/cookie/cookie-signature.js';
import { namedSecrets } from '../../lib/cookie/secrets.js';
import { newSessionId } from '../../lib/core/session-id.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

const KEYS = [SECRET, OTHER_SECRET].map((secret) => createSecretKey(Buffer.from(secret)));
const admin = namedSecrets(KEYS, 'admin');

describe('namedSecrets', () => {
  it('verifies a value under its own name only', () => {
    const names = ['admin', 'Admin', 'admin ', 'staff', 'ädmin', 'x'.repeat(128)];
    const id = newSessionId();
    for (const signer of names) {
      const value = signedValue(id, namedSecrets(KEYS, signer));
      expect(names.filter((name) => verifiedId(value, namedSecrets(KEYS, name)) !== null)).toEqual([signer]);
      expect(verifiedId(value, KEYS)).toBeNull();
    }
    expect(verifiedId(signedValue(id, KEYS), admin)).toBeNull();
  });

  it('keeps the order of the secrets, so that one can be replaced without ending sessions (S-15)', () => {
    const id = newSessionId();
    const retired = signedValue(id, namedSecrets(KEYS.slice(1), 'admin'));
    expect(verifiedId(retired, admin)).toEqual({ id, current: false });
    expect(verifiedId(signedValue(id, admin), admin)).toEqual({ id, current: true });
    expect(verifiedId(retired, namedSecrets(KEYS.slice(0, 1), 'admin'))).toBeNull();
  });

  it('returns the same keys for a string, its bytes and a key of them, in every release', () => {
    const made = [SECRET, Buffer.from(SECRET), KEYS[0]!].map((secret) =>
      signedValue('apple', namedSecrets([secret], 'admin')),
    );
    // A change of this value ends all existing named sessions.
    expect(new Set(made)).toEqual(new Set(['s:apple.4cs5rBcCJ+RZw9lTEZdoJYiDEdDYYkhQYTnSALdzcV8']));
  });

  it('returns keys that no signature made with the secret reveals', () => {
    const texts = ['admin', 'cookie:admin', 'nest-session', 'nest-session cookie:admin', ''];
    const shown = texts.map((text) => createHmac('sha256', KEYS[0]!).update(text).digest('hex'));
    expect(shown).not.toContain(admin[0]!.export().toString('hex'));
  });
});
