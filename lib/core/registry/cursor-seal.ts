import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { SessionError } from '../errors.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts the cursors of a scan: the cursor of a store can be a key of a session, and no key leaves the
 * registry.
 */
export class CursorSeal {
  readonly #keys: readonly KeyObject[];

  /** Keys of 32 bytes. The first one encrypts, and all decrypt. */
  constructor(keys: readonly KeyObject[]) {
    this.#keys = keys;
  }

  seal(cursor: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keys[0]!, nonce);
    const text = Buffer.concat([cipher.update(cursor, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
  }

  /** @throws SessionError `ERR_SESSION_VALUE` for a text that {@link CursorSeal.seal} has not made. */
  open(sealed: unknown): string {
    const bytes = Buffer.from(typeof sealed === 'string' ? sealed : '', 'base64url');
    for (const key of this.#keys) {
      const cursor = opened(bytes, key);
      if (cursor !== null) return cursor;
    }
    throw new SessionError(
      'ERR_SESSION_VALUE',
      'The cursor is not one of this registry. Pass the cursor of the page before, or null for the first page.',
    );
  }
}

function opened(bytes: Buffer, key: KeyObject): string | null {
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  if (tag.length !== TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(tag);
    const text = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    return decipher.update(text, undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}
