import { type NameLists, type PackedTexts, packTexts, unpackTexts } from './packed-texts.js';
import { describeWithoutText } from '../../core/util/describe-value.js';
import { isChange, type SessionPatch, type SessionRecord } from '../../core/store/session-record.js';
import type { SessionKey } from '../../core/session-id.js';

const DAY_MS = 86_400_000;

/**
 * A record in compact form: few bytes, and few objects for the garbage collector.
 *
 * An instant is stored as a day and the milliseconds of that day. Both are small integers, while V8 allocates
 * an object for each larger number. This is exact for every safe integer.
 */
export class Entry {
  /** Size of the key, the principal and the attributes. */
  bytes: number;
  /** Value of the store's use counter at the last use. */
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

  /** A new record for each caller, which may change it. */
  record(): SessionRecord {
    const texts = this.#unpacked ?? unpackTexts(this.#texts);
    const attributes = new Map<string, string>();
    for (let at = 0; at < this.#names.length; at++) attributes.set(this.#names[at]!, texts[at]!);
    return {
      createdAt: this.#createdDay * DAY_MS + this.#createdMs,
      touchedAt: this.#touchedDay * DAY_MS + this.#touchedMs,
      expiresAt: this.#expiresDay * DAY_MS + this.#expiresMs,
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

  /** Whether the entry has the values that a patch is based on. */
  agreesWith({ principal, changes }: SessionPatch): boolean {
    if (this.#principal !== principal.from) return false;
    const texts = this.#unpacked ?? unpackTexts(this.#texts);
    for (const [name, { from }] of changes) {
      const at = this.#names.indexOf(name);
      if ((at === -1 ? null : texts[at]) !== from) return false;
    }
    return true;
  }

  /** Applies a patch that agrees with the entry, as `applyPatch` does. */
  apply(patch: SessionPatch, lists: NameLists): void {
    const { touchedAt, expiresAt, principal, changes } = patch;
    this.#touch(touchedAt, expiresAt);
    if (!isChange(patch)) return;
    this.#principal = principal.to;
    this.#revision += 1;
    const texts = [...(this.#unpacked ?? unpackTexts(this.#texts))];
    // The list of names is shared with other sessions, so it is copied before it changes.
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

  get isUnpacked(): boolean {
    return this.#unpacked !== null;
  }
  /** Keeps the texts as an array: faster to read, with more memory. */
  unpack(): void {
    this.#unpacked = unpackTexts(this.#texts);
  }
  /** Drops the texts of a deleted entry, so that remaining references keep no data in memory. */
  clear(): void {
    this.#texts = '';
    this.#unpacked = null;
  }
  /** Reverses {@link unpack}. */
  repack(): void {
    this.#unpacked = null;
  }
}

// `| 0` tells the compiler that these are small integers.
const dayOf = (at: number): number => Math.floor(at / DAY_MS) | 0;
const restOf = (at: number): number => (at - Math.floor(at / DAY_MS) * DAY_MS) | 0;

/** @throws RangeError when a limit is not a positive integer. */
export function positive(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `The option ${option} of the MemorySessionStore must be a positive integer, got ${describeWithoutText(value)}.`,
  );
}

/** The target of an eviction: below the limit, so that evictions are rare. */
export const evictionTarget = (limit: number): number => limit - Math.floor(limit / 64);

/** Size difference that a patch makes to a record. Bytes. */
export function growthOf(patch: SessionPatch): number {
  let bytes = Buffer.byteLength(patch.principal.to ?? '') - Buffer.byteLength(patch.principal.from ?? '');
  for (const [name, { from, to }] of patch.changes) {
    if (from === to) continue;
    if (from !== null) bytes -= Buffer.byteLength(name) + Buffer.byteLength(from);
    if (to !== null) bytes += Buffer.byteLength(name) + Buffer.byteLength(to);
  }
  return bytes;
}

/** Size of a record's texts and its key. Bytes. */
export function sizeOf(key: SessionKey, { principal, attributes }: SessionRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(principal ?? '');
  for (const [name, text] of attributes) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}
