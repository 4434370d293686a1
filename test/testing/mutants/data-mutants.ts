import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { ReferenceStore } from './reference-store.js';

/** A store that alters each record that it writes. */
class Altering extends ReferenceStore {
  readonly #altered: (record: SessionRecord) => SessionRecord;

  constructor(altered: (record: SessionRecord) => SessionRecord) {
    super();
    this.#altered = altered;
  }

  override write(key: SessionKey, record: SessionRecord) {
    super.write(key, this.#altered(record));
  }
}

/** A store that does not distinguish some names: the first spelling stays, as with a collation. */
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

  /** Maps a name to its spelling in the store, or to its first spelling. */
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

/** A store that does not distinguish some keys. */
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

/** A store that rejects an expiry after an instant. */
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

/** A record with altered attributes. */
function withAttributes(
  record: SessionRecord,
  altered: (name: string, text: string) => readonly [string, string],
): SessionRecord {
  return {
    ...record,
    attributes: new Map([...record.attributes].map(([name, text]) => altered(name, text))),
  };
}

/** A record after its attributes were held in a plain object. */
function throughObject(record: SessionRecord): SessionRecord {
  const held: Record<string, string> = {};
  for (const [name, text] of record.attributes) held[name] = text;
  return { ...record, attributes: new Map(Object.entries(held)) };
}

/** A text after encoding as UTF-8, which replaces lone surrogates. */
const throughUtf8 = (text: string): string => Buffer.from(text).toString();

const MIB = 1_048_576;
const DAY_MS = 86_400_000;
/** The last second that fits into 32 bits. */
const LAST_OF_32_BITS = 0x7fffffff * 1000;
const ANY_INSTANT = 'keeps any expiry to the millisecond, up to the last instant that a Date can hold';
const APART = 'distinguishes names that differ only in case, in Unicode normalisation or in trailing spaces';
const KEYS_APART = 'distinguishes keys of 300 characters that differ only in case or in the last character';

/** Mutants that alter names, values, keys, principals or instants. */
export const DATA_MUTANTS: readonly Mutant[] = [
  {
    fault: 'does not distinguish names that differ in case',
    make: () => new Collating((name) => name.toLowerCase()),
    caughtBy: APART,
  },
  {
    fault: 'does not distinguish names that differ in Unicode normalisation',
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
    fault: 'does not distinguish names that differ in trailing spaces',
    make: () => new Collating((name) => name.trimEnd()),
    caughtBy: APART,
  },
  {
    fault: 'replaces lone surrogates in names',
    make: () => new Altering((record) => withAttributes(record, (name, text) => [throughUtf8(name), text])),
    caughtBy: 'keeps and distinguishes names with lone surrogates',
  },
  {
    fault: 'does not distinguish names with different lone surrogates',
    make: () => new Collating(throughUtf8),
    caughtBy: 'keeps and distinguishes names with lone surrogates',
  },
  {
    fault: 'holds attributes in a plain object',
    make: () => new Altering(throughObject),
    caughtBy: 'keeps attributes with unusual names',
  },
  {
    fault: 'reformats JSON texts',
    make: () =>
      new Altering((record) =>
        withAttributes(record, (name, text) => [name, JSON.stringify(JSON.parse(text))]),
      ),
    caughtBy: 'keeps the text of every value unchanged',
  },
  {
    fault: 'shortens values to 64 KiB',
    make: () =>
      new Altering((record) => withAttributes(record, (name, text) => [name, text.slice(0, 65_536)])),
    caughtBy: 'keeps the text of every value unchanged',
  },
  {
    fault: 'shortens values to 1 MiB',
    make: () => new Altering((record) => withAttributes(record, (name, text) => [name, text.slice(0, MIB)])),
    caughtBy: 'keeps values of more than 1 MiB unchanged, and compares them completely',
  },
  {
    fault: 'keeps at most 500 attributes',
    make: () =>
      new Altering((record) => ({ ...record, attributes: new Map([...record.attributes].slice(0, 500)) })),
    caughtBy: 'keeps 1000 attributes in one record',
  },
  {
    fault: 'stores an empty principal as null',
    make: () => new Altering((record) => ({ ...record, principal: record.principal || null })),
    caughtBy: 'keeps a principal of any text, and null',
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
    fault: 'limits an expiry to 32 bits of seconds',
    make: () =>
      new Altering((record) => ({ ...record, expiresAt: Math.min(record.expiresAt, LAST_OF_32_BITS) })),
    caughtBy: ANY_INSTANT,
  },
  {
    fault: 'rejects a far expiry',
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
    fault: 'does not distinguish keys that differ in case',
    make: () => new FoldingKeys((key) => key.toLowerCase()),
    caughtBy: KEYS_APART,
  },
  {
    fault: 'shortens keys to 255 characters',
    make: () => new FoldingKeys((key) => key.slice(0, 255)),
    caughtBy: KEYS_APART,
  },
  {
    fault: 'does not distinguish keys',
    make: () => new FoldingKeys(() => 'key'),
    caughtBy: 'keeps records of different keys separate',
  },
  {
    fault: 'drops all attributes',
    make: () => new Altering((record) => ({ ...record, attributes: new Map() })),
    caughtBy: 'loads a record exactly as it was created',
  },
  {
    fault: 'stores the last use a millisecond too late',
    make: () => new Altering((record) => ({ ...record, touchedAt: record.touchedAt + 1 })),
    caughtBy: 'loads a record exactly as it was created',
  },
];
