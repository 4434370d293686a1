import { hash } from 'node:crypto';
import type { SessionId } from './session-id.js';

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
