import { createSecretKey, hkdfSync, KeyObject } from 'node:crypto';
import { describeKind } from '../core/util/describe-value.js';
import { SessionError } from '../core/errors.js';
import type { Secret } from './cookie-signature.js';

const SHORTEST_SECRET = 32;
const FEWEST_DISTINCT_BYTES = 10;
const MAKE_A_SECRET = `node -p "crypto.randomBytes(32).toString('base64url')"`;

/**
 * The option `secret` as a list, each entry checked.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for none, and for one that is too short or can be guessed.
 */
export function readSecrets(secret: unknown): readonly Secret[] {
  if (secret === undefined || secret === null || secret === '') {
    throw configError(
      `The option secret is missing, got ${describeKind(secret)}. Make one with: ${MAKE_A_SECRET}`,
    );
  }
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0)
    throw configError(
      `The option secret must hold at least one secret, got an empty array. Make one with: ${MAKE_A_SECRET}`,
    );
  return secrets.map((one, index) => readSecret(one, Array.isArray(secret) ? `secret[${index}]` : 'secret'));
}

/** A secret that can be guessed signs nothing: refused, not warned about. The message tells its length, never itself. */
function readSecret(secret: unknown, option: string): Secret {
  const bytes = secretBytes(secret);
  if (bytes === null) {
    throw configError(
      `The option ${option} must be a string, bytes or a secret KeyObject, got ${describeKind(secret)}.`,
    );
  }
  if (bytes.length < SHORTEST_SECRET) {
    throw configError(
      `The option ${option} must have at least ${SHORTEST_SECRET} bytes, got ${bytes.length}. Make one with: ${MAKE_A_SECRET}`,
    );
  }
  if (new Set(bytes).size < FEWEST_DISTINCT_BYTES) {
    throw configError(
      `The option ${option} must have at least ${FEWEST_DISTINCT_BYTES} different bytes, got ${new Set(bytes).size}: it can be guessed. Make one with: ${MAKE_A_SECRET}`,
    );
  }
  // A key object is not copied for each signature, and printing it shows no secret.
  return secret instanceof KeyObject ? secret : createSecretKey(bytes);
}

function secretBytes(secret: unknown): Uint8Array | null {
  if (typeof secret === 'string') return Buffer.from(secret);
  if (secret instanceof Uint8Array) return secret;
  return secret instanceof KeyObject && secret.type === 'secret' ? secret.export() : null;
}

const configError = (message: string): SessionError => new SessionError('ERR_SESSION_CONFIG', message);

const SALT = 'nest-session';
const KEY_BYTES = 32;

/**
 * The secrets that sign the cookies of a named session, in the order of the given ones.
 *
 * Each name has keys of its own, so a cookie value of one session is not valid for another one, whatever secret and store
 * they share. The keys are derived by HKDF, whose key material no signature made with the secret itself can show. The
 * result is part of the cookie format: a change ends every named session.
 *
 * @see RFC 5869; docs/adr/015-isolation-of-named-sessions.md
 */
export function namedSecrets(secrets: readonly Secret[], sessionName: string): readonly KeyObject[] {
  const purpose = `cookie:${sessionName}`;
  return secrets.map((secret) => {
    const key = typeof secret === 'string' ? Buffer.from(secret) : secret;
    return createSecretKey(Buffer.from(hkdfSync('sha256', key, SALT, purpose, KEY_BYTES)));
  });
}
