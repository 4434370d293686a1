import uid from 'uid-safe';
import { describeWithoutText } from './util/describe-value.js';
import { SessionError } from './errors.js';
import { hash } from 'node:crypto';

declare const idBrand: unique symbol;

/** The secret that a browser holds in its cookie. Never logged, never listed, never stored as it is. */
export type SessionId = string & { readonly [idBrand]: true };

const ID_BYTES = 24;
const ID_LENGTH = 32;
const IDS_AT_ONCE = 128;
const POOL_LENGTH = ID_LENGTH * IDS_AT_ONCE;
const pool = Buffer.alloc(POOL_LENGTH);
let nextId = POOL_LENGTH;

/** The length of 128 bits in base64url. */
const SHORTEST_ID = 22;
const LONGEST_ID = 256;
const ID_SHAPE = /^[\x21-\x7e]+$/;

/**
 * A fresh id: 192 random bits as 32 characters of `[A-Za-z0-9_-]`.
 *
 * @see OWASP ASVS 5.0, 7.2.3 (at least 128 bits from a cryptographic generator); parity rule R33b
 */
export function newSessionId(): SessionId {
  if (nextId === POOL_LENGTH) {
    // One call for many ids: a call costs more than its bytes. Each id gets 32 characters of its own.
    pool.write(uid.sync(ID_BYTES * IDS_AT_ONCE), 'latin1');
    nextId = 0;
  }
  const id = pool.toString('latin1', nextId, nextId + ID_LENGTH);
  // No copy of the id stays in the pool.
  pool.fill(0, nextId, nextId + ID_LENGTH);
  nextId += ID_LENGTH;
  return id as SessionId;
}

/** Whether a string that a client sent has the shape of an id. Checked before any store call. */
export function isSessionId(text: string): text is SessionId {
  return text.length >= SHORTEST_ID && text.length <= LONGEST_ID && ID_SHAPE.test(text);
}

/**
 * The result of an application's `genid`, checked.
 *
 * @throws SessionError `ERR_SESSION_ID` when it is not a string of 22 to 256 visible ASCII characters.
 */
export function checkedSessionId(made: unknown): SessionId {
  if (typeof made === 'string' && isSessionId(made)) return made;
  throw new SessionError(
    'ERR_SESSION_ID',
    `The genid option must return a string of ${SHORTEST_ID} to ${LONGEST_ID} visible ASCII characters ` +
      `(128 random bits or more), got ${describeWithoutText(made)}. Leave genid out to use 192 random bits.`,
  );
}

declare const keyBrand: unique symbol;

/** The key of a session in a store: a hash of the id, so that a stolen store opens no session. */
export type SessionKey = string & { readonly [keyBrand]: true };

/** The prefix of each key, so that another hash can be added later without ending sessions. */
const KEY_VERSION = '1.';

/**
 * The key of an id: its version and SHA-256 in base64url, 45 characters.
 *
 * A plain hash is enough: an id has 192 random bits and cannot be guessed.
 */
export function sessionKey(id: SessionId): SessionKey {
  return (KEY_VERSION + hash('sha256', id, 'base64url')) as SessionKey;
}

/** The public name of a session, for logs, lists and URLs: 16 characters, useless as a credential. */
export function sessionHandle(key: SessionKey): string {
  return hash('sha256', `handle:${key}`, 'base64url').slice(0, 16);
}
