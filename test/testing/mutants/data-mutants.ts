import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { ReferenceStore } from './reference-store.js';

/** A store that makes something else of each record that it files. */
class Altering extends ReferenceStore {
  readonly #altered: (record: SessionRecord) => SessionRecord;

  constructor(altered: (record: SessionRecord) => SessionRecord) {
    super();
    this.#altered = altered;
  }

  override file(key: SessionKey, record: SessionRecord) {
    super.file(key, this.#altered(record));
  }
}

/** A store to which some names are the same: the first spelling stays, as with a collation. */
class Collating extends ReferenceStore {
  readonly #fold: (name: string) => string;

  constructor(fold: (name: string) => string) {
    super();
    this.#fold = fold;
  }

  override async create(key: SessionKey, record: SessionRecord) {
    const spelling = this.#spelling([]);
    const attributes = new Map([...record.attributes].map(([name, text]) => [spelling(name), text]));
    return super.create(key, { ...record, attributes });
  }

  override async patch(key: SessionKey, patch: SessionPatch) {
    const spelling = this.#spelling(this.readable(key)?.attributes.keys() ?? []);
    const changes = new Map([...patch.changes].map(([name, change]) => [spelling(name), change]));
    return super.patch(key, { ...patch, changes });
  }

  /** How a name is spelled that is held already, or comes first. */
  #spelling(held: Iterable<string>): (name: string) => string {
    const spelled = new Map<string, string>();
    for (const name of held) spelled.set(this.#fold(name), name);
    return (name) => {
      const folded = this.#fold(name);
      if (!spelled.has(folded)) spelled.set(folded, name);
      return spelled.get(folded)!;
    };
  }
}

/** A store to which some keys are the same. */
class FoldingKeys extends ReferenceStore {
  readonly #fold: (key: string) => string;

  constructor(fold: (key: string) => string) {
    super();
    this.#fold = fold;
  }

  override async load(key: SessionKey) {
    return super.load(this.#folded(key));
  }
  override async create(key: SessionKey, record: SessionRecord) {
    return super.create(this.#folded(key), record);
  }
  override async patch(key: SessionKey, patch: SessionPatch) {
    return super.patch(this.#folded(key), patch);
  }
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    return super.rekey(this.#folded(from), this.#folded(to), record, revision);
  }
  override async delete(key: SessionKey) {
    return super.delete(this.#folded(key));
  }

  #folded(key: SessionKey): SessionKey {
    return this.#fold(key) as SessionKey;
  }
}

/** A store that refuses what is over after an instant. */
class RefusingAfter extends ReferenceStore {
  readonly #last: number;

  constructor(last: number) {
    super();
    this.#last = last;
  }

  override async create(key: SessionKey, record: SessionRecord) {
    if (record.expiresAt > this.#last) throw new RangeError('out of range');
    return super.create(key, record);
  }

  override async patch(key: SessionKey, patch: SessionPatch) {
    if (patch.expiresAt > this.#last) throw new RangeError('out of range');
    return super.patch(key, patch);
  }
}

/** A record whose attributes are other ones. */
function withAttributes(
  record: SessionRecord,
  altered: (name: string, text: string) => readonly [string, string],
): SessionRecord {
  return {
    ...record,
    attributes: new Map([...record.attributes].map(([name, text]) => altered(name, text))),
  };
}

/** What an object without care makes of names. */
function throughObject(record: SessionRecord): SessionRecord {
  const held: Record<string, string> = {};
  for (const [name, text] of record.attributes) held[name] = text;
  return { ...record, attributes: new Map(Object.entries(held)) };
}

/** What becomes of lone surrogates in UTF-8. */
const throughUtf8 = (text: string): string => Buffer.from(text).toString();

const MIB = 1_048_576;
const DAY_MS = 86_400_000;
/** The last second of 32 bits. */
const LAST_OF_32_BITS = 0x7fffffff * 1000;
const ANY_INSTANT = 'keeps any expiry to the millisecond, up to the last instant that a Date can hold';
const APART = 'keeps names apart that differ only in case, in Unicode normalisation or in spaces at the end';
const KEYS_APART = 'keeps keys of 300 characters apart that differ only in case or in the last character';

/** Mutants of what a store makes of names, values, keys, principals and instants. */
export const DATA_MUTANTS: readonly Mutant[] = [
  {
    fault: 'takes names that differ in case for the same',
    make: () => new Collating((name) => name.toLowerCase()),
    caughtBy: APART,
  },
  {
    fault: 'takes names that differ in Unicode normalisation for the same',
    make: () => new Collating((name) => name.normalize('NFC')),
    caughtBy: APART,
  },
  {
    fault: 'normalises names',
    make: () =>
      new Altering((record) => withAttributes(record, (name, text) => [name.normalize('NFD'), text])),
    caughtBy: APART,
  },
  {
    fault: 'takes names that differ in spaces at the end for the same',
    make: () => new Collating((name) => name.trimEnd()),
    caughtBy: APART,
  },
  {
    fault: 'replaces lone surrogates in names',
    make: () => new Altering((record) => withAttributes(record, (name, text) => [throughUtf8(name), text])),
    caughtBy: 'keeps names with lone surrogates, and keeps them apart',
  },
  {
    fault: 'takes names for the same whose lone surrogates differ',
    make: () => new Collating(throughUtf8),
    caughtBy: 'keeps names with lone surrogates, and keeps them apart',
  },
  {
    fault: 'holds attributes in a plain object',
    make: () => new Altering(throughObject),
    caughtBy: 'keeps attributes of any name',
  },
  {
    fault: 'writes JSON texts anew',
    make: () =>
      new Altering((record) =>
        withAttributes(record, (name, text) => [name, JSON.stringify(JSON.parse(text))]),
      ),
    caughtBy: 'keeps the text of every value to the last character',
  },
  {
    fault: 'cuts values at 64 KiB',
    make: () =>
      new Altering((record) => withAttributes(record, (name, text) => [name, text.slice(0, 65_536)])),
    caughtBy: 'keeps the text of every value to the last character',
  },
  {
    fault: 'cuts values at 1 MiB',
    make: () => new Altering((record) => withAttributes(record, (name, text) => [name, text.slice(0, MIB)])),
    caughtBy: 'keeps values of more than 1 MiB to the last character, and compares all of it',
  },
  {
    fault: 'keeps 500 attributes at most',
    make: () =>
      new Altering((record) => ({ ...record, attributes: new Map([...record.attributes].slice(0, 500)) })),
    caughtBy: 'keeps 1000 attributes in one record',
  },
  {
    fault: 'takes an empty principal for none',
    make: () => new Altering((record) => ({ ...record, principal: record.principal || null })),
    caughtBy: 'keeps a principal of any text, and none',
  },
  {
    fault: 'shortens an expiry to 400 days',
    make: () =>
      new Altering((record) => ({
        ...record,
        expiresAt: Math.min(record.expiresAt, Date.now() + 400 * DAY_MS),
      })),
    caughtBy: ANY_INSTANT,
  },
  {
    fault: 'ends all sessions with the seconds of 32 bits',
    make: () =>
      new Altering((record) => ({ ...record, expiresAt: Math.min(record.expiresAt, LAST_OF_32_BITS) })),
    caughtBy: ANY_INSTANT,
  },
  {
    fault: 'refuses an expiry that is far away',
    make: () => new RefusingAfter(LAST_OF_32_BITS),
    caughtBy: ANY_INSTANT,
  },
  {
    fault: 'rounds instants to seconds',
    make: () =>
      new Altering((record) => ({ ...record, expiresAt: Math.ceil(record.expiresAt / 1000) * 1000 })),
    caughtBy: ANY_INSTANT,
  },
  {
    fault: 'takes keys that differ in case for the same',
    make: () => new FoldingKeys((key) => key.toLowerCase()),
    caughtBy: KEYS_APART,
  },
  {
    fault: 'cuts keys at 255 characters',
    make: () => new FoldingKeys((key) => key.slice(0, 255)),
    caughtBy: KEYS_APART,
  },
  {
    fault: 'takes all keys for the same',
    make: () => new FoldingKeys(() => 'key'),
    caughtBy: 'keeps records of different keys apart',
  },
  {
    fault: 'forgets attributes',
    make: () => new Altering((record) => ({ ...record, attributes: new Map() })),
    caughtBy: 'gives back a record as it was created',
  },
  {
    fault: 'takes a session for used a millisecond later than it was',
    make: () => new Altering((record) => ({ ...record, touchedAt: record.touchedAt + 1 })),
    caughtBy: 'gives back a record as it was created',
  },
];
