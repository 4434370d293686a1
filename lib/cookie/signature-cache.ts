import type { Candidate } from '../core/session/request-context.js';
import { isSessionId, type SessionId, type SessionKey } from '../core/session-id.js';
import { decodeCookieValue } from './cookie-header.js';
import { signedValue, verifiedId, type Secret } from './cookie-signature.js';

/** So many ids are remembered at least, and twice as many at most. */
const REMEMBERED = 10_000;

interface Verified extends Candidate {
  /** The signature as it stands in the cookie. */
  readonly sent: string;
}

/**
 * Ids whose signatures were found good, with what else is computed from them: a browser sends the same ones again and again.
 * Only what was verified enters, and each time the signature is compared in constant time.
 */
export class SignatureCache {
  readonly #secrets: readonly Secret[];
  readonly #keyOf: (id: SessionId) => SessionKey;
  /** Two generations: when the young one is full it becomes the old one, and whoever comes again moves on. */
  #young = new Map<string, Verified>();
  #old = new Map<string, Verified>();

  constructor(secrets: readonly Secret[], keyOf: (id: SessionId) => SessionKey) {
    this.#secrets = secrets;
    this.#keyOf = keyOf;
  }

  /** The ids in cookies, as they were sent, whose signature holds, each one once. For a forged one no store is called. */
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

  /** The value of the cookie for an id, as it is sent. */
  signed(id: SessionId): string {
    const known = this.#young.get(id);
    if (known?.current === true) return `${SENT}${encodeURIComponent(id)}.${known.sent}`;
    return encodeURIComponent(signedValue(id, this.#secrets));
  }

  #verify(cookie: string): Candidate | null {
    const dot = cookie.lastIndexOf('.');
    const id = dot > SENT.length && cookie.startsWith(SENT) ? cookie.slice(SENT.length, dot) : '';
    // With a percent sign in it, it stands for another id than it spells.
    if (id !== '' && !id.includes('%')) {
      const young = this.#young.get(id);
      const known = young ?? this.#old.get(id);
      // Where it is not the same it was signed with another secret, or written in another way, or forged.
      if (known !== undefined && isSame(known.sent, cookie, dot + 1)) {
        if (young === undefined) this.#remember(known);
        return known;
      }
    }
    return this.#verifyAnew(decodeCookieValue(cookie));
  }

  #verifyAnew(value: string): Candidate | null {
    const verified = verifiedId(value, this.#secrets);
    if (verified === null || !isSessionId(verified.id)) return null;
    const { id, current } = verified;
    const candidate = { id, current, key: this.#keyOf(id), sent: sentSignature(value) };
    this.#remember(candidate);
    return candidate;
  }

  #remember(verified: Verified): void {
    if (this.#young.size >= REMEMBERED) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(verified.id, verified);
  }
}

const NO_CANDIDATES: readonly Candidate[] = [];

/** How the value of a cookie with a signature begins, as it is sent. */
const SENT = encodeURIComponent('s:');

const sentSignature = (value: string): string => encodeURIComponent(value.slice(value.lastIndexOf('.') + 1));

/** Whether a text stands in another one from an index to its end, compared in the same time wherever they differ. */
function isSame(expected: string, text: string, from: number): boolean {
  if (text.length - from !== expected.length) return false;
  let difference = 0;
  for (let index = 0; index < expected.length; index++)
    difference |= expected.charCodeAt(index) ^ text.charCodeAt(from + index);
  return difference === 0;
}
