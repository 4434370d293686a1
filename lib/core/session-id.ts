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

/** 128 bits in base64url: fewer characters cannot hold what an id needs. */
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
    // Drawn at once, since asking for randomness costs more than its bytes: each id has 32 characters of its own.
    pool.write(uid.sync(ID_BYTES * IDS_AT_ONCE), 'latin1');
    nextId = 0;
  }
  const id = pool.toString('latin1', nextId, nextId + ID_LENGTH);
  // What was given out is nowhere else.
  pool.fill(0, nextId, nextId + ID_LENGTH);
  nextId += ID_LENGTH;
  return id as SessionId;
}

/** Whether a text that a client sent could be an id at all. Asked before any store is. */
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

/** What a store files a session under: a hash of the id, so that a stolen store opens no session. */
export type SessionKey = string & { readonly [keyBrand]: true };

/** Stands before each key, so that another way of hashing can come beside this one without ending a session. */
const KEY_VERSION = '1.';

/**
 * The key of an id: its version and SHA-256 in base64url, 45 characters.
 *
 * A plain hash is enough: an id has 192 random bits, there is nothing to guess.
 */
export function sessionKey(id: SessionId): SessionKey {
  return (KEY_VERSION + hash('sha256', id, 'base64url')) as SessionKey;
}

/**
 * The public name of a session, for logs, device lists and URLs: 16 characters, useless as a credential
 * and as a key.
 */
export function sessionHandle(key: SessionKey): string {
  return hash('sha256', `handle:${key}`, 'base64url').slice(0, 16);
}
