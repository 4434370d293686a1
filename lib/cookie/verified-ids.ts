import type { Candidate } from '../core/open-request.js';
import { isSessionId, type SessionId } from '../core/session-id.js';
import type { SessionKey } from '../core/session-key.js';
import { signedValue, verifiedId, type Secret } from './cookie-signature.js';

/** So many ids are remembered at least, and twice as many at most. */
const REMEMBERED = 10_000;

interface Verified extends Candidate {
  readonly signature: string;
}

/**
 * Ids whose signatures were found good, with what else is computed from them: a browser sends the same ones again and again.
 * Only what was verified, or signed here, enters, and each time the signature is compared in constant time.
 */
export class VerifiedIds {
  readonly #secrets: readonly Secret[];
  readonly #keyOf: (id: SessionId) => SessionKey;
  /** Two generations: when the young one is full it becomes the old one, and whoever comes again moves on. */
  #young = new Map<string, Verified>();
  #old = new Map<string, Verified>();

  constructor(secrets: readonly Secret[], keyOf: (id: SessionId) => SessionKey) {
    this.#secrets = secrets;
    this.#keyOf = keyOf;
  }

  /** The ids in cookie values whose signature holds. A forged one ends here: no store is asked. */
  candidatesIn(values: readonly string[]): Candidate[] {
    const candidates: Candidate[] = [];
    for (const value of values) {
      const candidate = this.#verify(value);
      if (candidate !== null) candidates.push(candidate);
    }
    return candidates;
  }

  /** The value of the cookie for an id, whose session is filed under the key. */
  signed(id: SessionId, key: SessionKey): string {
    const value = signedValue(id, this.#secrets);
    this.#remember({
      id,
      current: true,
      key,
      signature: value.slice(value.lastIndexOf('.') + 1),
    });
    return value;
  }

  #verify(value: string): Candidate | null {
    if (!value.startsWith(SIGNED)) return null;
    const dot = value.lastIndexOf('.');
    if (dot < SIGNED.length) return null;
    const id = value.slice(SIGNED.length, dot);
    const known = this.#young.get(id) ?? this.#old.get(id);
    // Signed with another secret, or forged, where it is not the same.
    if (known === undefined || !isSame(known.signature, value, dot + 1)) return this.#verifyAnew(value, dot);
    if (!this.#young.has(id)) this.#remember(known);
    return known;
  }

  #verifyAnew(value: string, dot: number): Candidate | null {
    const verified = verifiedId(value, this.#secrets);
    if (verified === null || !isSessionId(verified.id)) return null;
    const { id, current } = verified;
    const candidate = { id, current, key: this.#keyOf(id), signature: value.slice(dot + 1) };
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

const SIGNED = 's:';

/** Whether a text stands in another one from an index to its end, compared in the same time wherever they differ. */
function isSame(expected: string, text: string, from: number): boolean {
  if (text.length - from !== expected.length) return false;
  let difference = 0;
  for (let index = 0; index < expected.length; index++)
    difference |= expected.charCodeAt(index) ^ text.charCodeAt(from + index);
  return difference === 0;
}
