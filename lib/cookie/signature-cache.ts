import type { Candidate } from '../core/session/request-context.js';
import { isSessionId, type SessionId, type SessionKey } from '../core/session-id.js';
import { decodeCookieValue } from './cookie-header.js';
import { signedValue, verifiedId, type Secret } from './cookie-signature.js';

/** Size of one generation. The cache holds one to two generations. */
const GENERATION_SIZE = 10_000;

interface Verified extends Candidate {
  /** The signature as it is encoded in the cookie. */
  readonly signature: string;
}

/**
 * A cache of verified ids with their signatures and keys: a browser sends the same id with each request. A
 * lookup compares the signature in constant time.
 */
export class SignatureCache {
  readonly #secrets: readonly Secret[];
  readonly #keyOf: (id: SessionId) => SessionKey;
  /**
   * Two generations: a full young one replaces the old one. An id that is used again moves to the young one.
   */
  #young = new Map<string, Verified>();
  #old = new Map<string, Verified>();

  constructor(secrets: readonly Secret[], keyOf: (id: SessionId) => SessionKey) {
    this.#secrets = secrets;
    this.#keyOf = keyOf;
  }

  /** The distinct ids with a valid signature in raw cookie values. A forged cookie causes no store call. */
  candidatesIn(cookies: readonly string[]): readonly Candidate[] {
    let candidates: Candidate[] | null = null;
    for (const cookie of cookies) {
      const candidate = this.#verify(cookie);
      if (candidate === null) continue;
      if (candidates === null) candidates = [candidate];
      else if (candidates.every(({ id }) => id !== candidate.id)) candidates.push(candidate);
    }
    return candidates ?? NO_CANDIDATES;
  }

  /** The encoded cookie value for an id. */
  signed(id: SessionId): string {
    const cached = this.#young.get(id);
    if (cached?.current === true) return `${PREFIX}${encodeURIComponent(id)}.${cached.signature}`;
    return encodeURIComponent(signedValue(id, this.#secrets));
  }

  #verify(cookie: string): Candidate | null {
    const dot = cookie.lastIndexOf('.');
    const id = dot > PREFIX.length && cookie.startsWith(PREFIX) ? cookie.slice(PREFIX.length, dot) : '';
    // An id with a percent sign must be decoded first.
    if (id !== '' && !id.includes('%')) {
      const young = this.#young.get(id);
      const cached = young ?? this.#old.get(id);
      // A different signature was made with another secret, is encoded differently, or is forged.
      if (cached !== undefined && isSame(cached.signature, cookie, dot + 1)) {
        if (young === undefined) this.#add(cached);
        return cached;
      }
    }
    return this.#verifyUncached(decodeCookieValue(cookie));
  }

  #verifyUncached(value: string): Candidate | null {
    const verified = verifiedId(value, this.#secrets);
    if (verified === null || !isSessionId(verified.id)) return null;
    const { id, current } = verified;
    const signature = encodeURIComponent(value.slice(value.lastIndexOf('.') + 1));
    const candidate = { id, current, key: this.#keyOf(id), signature };
    this.#add(candidate);
    return candidate;
  }

  #add(verified: Verified): void {
    if (this.#young.size >= GENERATION_SIZE) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(verified.id, verified);
  }
}

const NO_CANDIDATES: readonly Candidate[] = [];

/** Encoded prefix of a signed cookie value. */
const PREFIX = encodeURIComponent('s:');

/** Whether a text equals another one from an index to its end. Constant time for equal lengths. */
function isSame(expected: string, text: string, from: number): boolean {
  if (text.length - from !== expected.length) return false;
  let difference = 0;
  for (let index = 0; index < expected.length; index++)
    difference |= expected.charCodeAt(index) ^ text.charCodeAt(from + index);
  return difference === 0;
}
