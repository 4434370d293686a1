import { type NameLists, type PackedTexts, packTexts, unpackTexts } from './packed-texts.js';
import { isChange, type SessionPatch, type SessionRecord } from '../../core/store/session-record.js';
import type { SessionKey } from '../../core/session-id.js';

/**
 * A record in compact form: few bytes, and few objects for the garbage collector. Only {@link Entry.apply}
 * changes the record.
 */
export class Entry {
  /** Size of the key, the principal and the attributes. */
  bytes: number;
  /** Value of the store's use counter at the last use. */
  usedAt = 0;
  principal: string | null;
  revision: number;
  expiresAt: number;
  readonly #createdAt: number;
  #touchedAt: number;
  #names: readonly string[];
  #texts: PackedTexts;

  constructor(
    { createdAt, touchedAt, expiresAt, principal, revision, attributes }: SessionRecord,
    bytes: number,
    lists: NameLists,
  ) {
    this.bytes = bytes;
    this.principal = principal;
    this.revision = revision;
    this.expiresAt = expiresAt;
    this.#createdAt = createdAt;
    this.#touchedAt = touchedAt;
    this.#names = lists.of([...attributes.keys()]);
    this.#texts = packTexts([...attributes.values()]);
  }

  /** A new record for each caller, which may change it. */
  record(): SessionRecord {
    const texts = typeof this.#texts === 'string' ? unpackTexts(this.#texts) : this.#texts;
    const attributes = new Map<string, string>();
    for (let at = 0; at < this.#names.length; at++) attributes.set(this.#names[at]!, texts[at]!);
    return {
      createdAt: this.#createdAt,
      touchedAt: this.#touchedAt,
      expiresAt: this.expiresAt,
      principal: this.principal,
      revision: this.revision,
      attributes,
    };
  }

  /** Whether the entry has the values that a patch is based on. */
  agreesWith({ principal, changes }: SessionPatch): boolean {
    if (this.principal !== principal.from) return false;
    const texts = typeof this.#texts === 'string' ? unpackTexts(this.#texts) : this.#texts;
    for (const [name, { from }] of changes) {
      const at = this.#names.indexOf(name);
      if ((at === -1 ? null : texts[at]) !== from) return false;
    }
    return true;
  }

  /** Applies a patch that agrees with the entry, as `applyPatch` does. */
  apply(patch: SessionPatch, lists: NameLists): void {
    const { touchedAt, expiresAt, principal, changes } = patch;
    this.#touchedAt = touchedAt;
    this.expiresAt = expiresAt;
    if (!isChange(patch)) return;
    this.principal = principal.to;
    this.revision += 1;
    const packed = this.#texts;
    const texts = typeof packed === 'string' ? unpackTexts(packed) : [...packed];
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
    this.#texts = typeof packed === 'string' ? packTexts(texts) : texts;
  }

  /** Keeps the texts as an array: faster, with more memory. Returns `false` if they were an array before. */
  unpack(): boolean {
    if (typeof this.#texts !== 'string') return false;
    this.#texts = unpackTexts(this.#texts);
    return true;
  }
  /** Reverses {@link unpack}. */
  repack(): void {
    if (typeof this.#texts !== 'string') this.#texts = packTexts(this.#texts);
  }
  /** Drops the texts of a deleted entry, so that remaining references keep no data in memory. */
  clear(): void {
    this.#texts = '';
  }
}

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
