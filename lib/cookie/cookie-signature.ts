import type { KeyObject } from 'node:crypto';
import { sign, unsign } from 'cookie-signature';

/** A secret: text, bytes or a key object. */
export type Secret = string | Uint8Array | KeyObject;

/** An id whose signature holds, and whether the first secret made it. */
export interface VerifiedId {
  readonly id: string;
  readonly current: boolean;
}

const SIGNED = 's:';

/**
 * The value of a session cookie: `s:id.signature`, the signature HMAC-SHA256 in base64 without padding, by the first secret.
 *
 * @see parity rules R33, R45: the format of express-session and of Nest's own signed cookies, to the byte
 */
export function signedValue(id: string, secrets: readonly Secret[]): string {
  return SIGNED + sign(id, secrets[0] as string);
}

/** The id in a cookie value, where one of the secrets signed it; else `null`. Compares in constant time. */
export function verifiedId(value: string, secrets: readonly Secret[]): VerifiedId | null {
  if (!value.startsWith(SIGNED)) return null;
  const signed = value.slice(SIGNED.length);
  for (const [index, secret] of secrets.entries()) {
    const id = unsign(signed, secret);
    if (id !== false) return { id: copyOf(id), current: index === 0 };
  }
  return null;
}

/** The id outlives its request, and a slice keeps the whole text that it was cut from: here, the `Cookie` header. */
const copyOf = (slice: string): string => Buffer.from(slice).toString();
