import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Secret } from './cookie-signature.js';

const SALT = 'nest-session';
const KEY_BYTES = 32;

/**
 * The secrets that sign the cookies of a named session, in the order of the given ones.
 *
 * Each name has keys of its own, so a cookie value of one session is not valid for another one, whatever secret and store
 * they share. The keys are derived by HKDF, whose key material no signature made with the secret itself can show. The
 * result is part of the cookie format: a change ends every named session.
 *
 * @see RFC 5869; docs/adr/015-what-keeps-named-sessions-apart.md
 */
export function namedSecrets(secrets: readonly Secret[], sessionName: string): readonly KeyObject[] {
  const purpose = `cookie:${sessionName}`;
  return secrets.map((secret) => {
    const key = typeof secret === 'string' ? Buffer.from(secret) : secret;
    return createSecretKey(Buffer.from(hkdfSync('sha256', key, SALT, purpose, KEY_BYTES)));
  });
}
