import { type NameLists, type PackedTexts, packTexts, unpackTexts } from './packed-texts.js';
import { isChange, type SessionPatch, type SessionRecord } from '../../core/store/session-record.js';
import type { SessionKey } from '../../core/session-id.js';

const DAY_MS = 86_400_000;

/**
 * A record as the memory store holds it: few bytes, and few objects for a collection to look at.
 *
 * An instant lies here as a day and the milliseconds after it began: two small integers, where each larger number is an
 * object of its own. That is exact for every safe integer.
 */
export class Entry {
  /** Bytes of its key and its attributes. */
  bytes: number;
  /** The number of its last use, of all uses of the store. */
  usedAt = 0;
  #principal: string | null;
  #revision: number;
  #createdDay: number;
  #createdMs: number;
  #touchedDay = 0;
  #touchedMs = 0;
  #expiresDay = 0;
  #expiresMs = 0;
  #names: readonly string[];
  #texts: PackedTexts;
  #unpacked: readonly string[] | null = null;

  constructor(
    { createdAt, touchedAt, expiresAt, principal, revision, attributes }: SessionRecord,
    bytes: number,
    lists: NameLists,
  ) {
    this.bytes = bytes;
    this.#principal = principal;
    this.#revision = revision;
    this.#createdDay = dayOf(createdAt);
    this.#createdMs = restOf(createdAt);
    this.#touch(touchedAt, expiresAt);
    this.#names = lists.of([...attributes.keys()]);
    this.#texts = packTexts([...attributes.values()]);
  }

  get principal(): string | null {
    return this.#principal;
  }
  get revision(): number {
    return this.#revision;
  }
  get expiresAt(): number {
    return this.#expiresDay * DAY_MS + this.#expiresMs;
  }

  /** A record of its own for each who asks: what they do to it is not seen here. */
  record(): SessionRecord {
    const texts = this.#textsNow;
    const attributes = new Map<string, string>();
    for (let at = 0; at < this.#names.length; at++) attributes.set(this.#names[at]!, texts[at]!);
    return {
      createdAt: this.#createdDay * DAY_MS + this.#createdMs,
      touchedAt: this.#touchedDay * DAY_MS + this.#touchedMs,
      expiresAt: this.expiresAt,
      principal: this.#principal,
      revision: this.#revision,
      attributes,
    };
  }

  #touch(touchedAt: number, expiresAt: number): void {
    this.#touchedDay = dayOf(touchedAt);
    this.#touchedMs = restOf(touchedAt);
    this.#expiresDay = dayOf(expiresAt);
    this.#expiresMs = restOf(expiresAt);
  }

  /** Whether all is as a patch insists that it be. */
  agreesWith({ principal, changes }: SessionPatch): boolean {
    if (this.#principal !== principal.from) return false;
    const texts = this.#textsNow;
    for (const [name, { from }] of changes) {
      const at = this.#names.indexOf(name);
      if ((at === -1 ? null : texts[at]) !== from) return false;
    }
    return true;
  }

  /** Takes over a patch that it agrees with, as `applyPatch` defines it. */
  apply(patch: SessionPatch, lists: NameLists): void {
    const { touchedAt, expiresAt, principal, changes } = patch;
    this.#touch(touchedAt, expiresAt);
    if (!isChange(patch)) return;
    this.#principal = principal.to;
    this.#revision += 1;
    const texts = [...this.#textsNow];
    // Shared with other sessions: copied only where one comes or goes.
    let names: string[] | null = null;
    for (const [name, { to }] of changes) {
      const at = (names ?? this.#names).indexOf(name);
      if (at !== -1 && to !== null) texts[at] = to;
      else if (at !== -1) {
        names ??= [...this.#names];
        names.splice(at, 1);
        texts.splice(at, 1);
      } else if (to !== null) {
        names ??= [...this.#names];
        names.push(name);
        texts.push(to);
      }
    }
    if (names !== null) this.#names = lists.of(names);
    this.#texts = packTexts(texts);
    if (this.#unpacked !== null) this.#unpacked = texts;
  }

  get #textsNow(): readonly string[] {
    return this.#unpacked ?? unpackTexts(this.#texts);
  }

  get isUnpacked(): boolean {
    return this.#unpacked !== null;
  }
  /** Makes each record quicker to give, for some more memory. */
  unpack(): void {
    this.#unpacked = unpackTexts(this.#texts);
  }
  /** Lets go of its texts for good: it is gone from the store, and those who still refer to it keep nothing alive. */
  forget(): void {
    this.#texts = '';
    this.#unpacked = null;
  }
  /** Gives up what {@link unpack} took. */
  repack(): void {
    this.#unpacked = null;
  }
}

// `| 0` tells the compiler that these are small.
const dayOf = (at: number): number => Math.floor(at / DAY_MS) | 0;
const restOf = (at: number): number => (at - Math.floor(at / DAY_MS) * DAY_MS) | 0;

/** @throws RangeError when a limit is not a positive whole number. */
export function positive(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `The option ${option} of the MemorySessionStore must be a positive whole number, got ${value}.`,
  );
}

/** What is aimed at when a limit is reached. */
export const roomierThan = (limit: number): number => limit - Math.floor(limit / 64);

/** By how many bytes a patch makes a record larger that it applies to. */
export function growthOf(patch: SessionPatch): number {
  let bytes = Buffer.byteLength(patch.principal.to ?? '') - Buffer.byteLength(patch.principal.from ?? '');
  for (const [name, { from, to }] of patch.changes) {
    if (from === to) continue;
    if (from !== null) bytes -= Buffer.byteLength(name) + Buffer.byteLength(from);
    if (to !== null) bytes += Buffer.byteLength(name) + Buffer.byteLength(to);
  }
  return bytes;
}

/** How many bytes of text a record has, with its key. */
export function sizeOf(key: SessionKey, { principal, attributes }: SessionRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(principal ?? '');
  for (const [name, text] of attributes) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}
