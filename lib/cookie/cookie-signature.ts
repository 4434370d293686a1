import type { KeyObject } from 'node:crypto';
import { sign, unsign } from 'cookie-signature';

/** A secret: a string, bytes or a key object. */
export type Secret = string | Uint8Array | KeyObject;

/** An id whose signature is valid. */
export interface VerifiedId {
  readonly id: string;
  /** Whether the first secret made the signature. */
  readonly current: boolean;
}

const PREFIX = 's:';

/**
 * The value of a session cookie: `s:id.signature`. The first secret makes the signature, HMAC-SHA256 in
 * base64 without padding.
 *
 * @see parity rules R33, R45: exactly the format of express-session and of Nest's signed cookies
 */
export function signedValue(id: string, secrets: readonly Secret[]): string {
  return PREFIX + sign(id, secrets[0] as string);
}

/** The id in a cookie value that one of the secrets has signed; else `null`. Compares in constant time. */
export function verifiedId(value: string, secrets: readonly Secret[]): VerifiedId | null {
  if (!value.startsWith(PREFIX)) return null;
  const signed = value.slice(PREFIX.length);
  for (const [index, secret] of secrets.entries()) {
    const id = unsign(signed, secret);
    // A copy, since the id outlives its request: a slice would keep the whole `Cookie` header in memory.
    if (id !== false) return { id: Buffer.from(id).toString(), current: index === 0 };
  }
  return null;
}
