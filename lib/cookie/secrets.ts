import { createSecretKey, hkdfSync, KeyObject } from 'node:crypto';
import { describeKind } from '../core/util/describe-value.js';
import { configError } from './option-checks.js';
import type { Secret } from './cookie-signature.js';

const SHORTEST_SECRET = 32;
const FEWEST_DISTINCT_BYTES = 10;
const MAKE_A_SECRET = `node -p "crypto.randomBytes(32).toString('base64url')"`;

/**
 * The option `secret` as a checked array.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for a missing secret, and for one that is too short or can be
 * guessed.
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
  return secrets.map((entry, index) =>
    readSecret(entry, Array.isArray(secret) ? `secret[${index}]` : 'secret'),
  );
}

/** A weak secret is an error, not a warning. The message shows its length, never the secret. */
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
  // Signing does not copy a key object, and printing one does not show the secret.
  return secret instanceof KeyObject ? secret : createSecretKey(bytes);
}

function secretBytes(secret: unknown): Uint8Array | null {
  if (typeof secret === 'string') return Buffer.from(secret);
  if (secret instanceof Uint8Array) return secret;
  return secret instanceof KeyObject && secret.type === 'secret' ? secret.export() : null;
}

const SALT = 'nest-session';
const KEY_BYTES = 32;

/**
 * The keys that sign the cookies of a named session, in the order of the secrets.
 *
 * Each name has its own keys, so a cookie value of one session is not valid for another one, also where both
 * share secret and store. HKDF derives the keys; no signature made with the secret itself reveals them. The
 * result is part of the cookie format: a change ends every named session.
 *
 * @see RFC 5869; docs/adr/015-isolation-of-named-sessions.md
 */
export function namedSecrets(secrets: readonly Secret[], sessionName: string): readonly KeyObject[] {
  return derivedKeys(secrets, `cookie:${sessionName}`);
}

/** The keys that encrypt the cursors of a registry, in the order of the secrets. */
export function cursorKeys(secrets: readonly Secret[], sessionName: string): readonly KeyObject[] {
  return derivedKeys(secrets, `cursor:${sessionName}`);
}

function derivedKeys(secrets: readonly Secret[], purpose: string): readonly KeyObject[] {
  return secrets.map((secret) => {
    const key = typeof secret === 'string' ? Buffer.from(secret) : secret;
    return createSecretKey(Buffer.from(hkdfSync('sha256', key, SALT, purpose, KEY_BYTES)));
  });
}
