import type { SessionKey, SessionRecord, SessionStore } from 'nest-session';
import type { Mutant } from './mutant.js';
import { ReferenceStore } from './reference-store.js';

/** Makes the record of a {@link ReferenceStore} under a key unreadable. */
export function spoilReference(store: SessionStore, key: SessionKey): void {
  (store as ReferenceStore).records.set(key, 'corrupt');
}

class LoadsCorruptAsMissing extends ReferenceStore {
  override async load(key: SessionKey) {
    return this.readable(key);
  }
}

class CreatesOverCorrupt extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    if (this.readable(key) === null) this.records.delete(key);
    return super.create(key, record);
  }
}

class DeletesNothingCorrupt extends ReferenceStore {
  override async delete(key: SessionKey) {
    return this.readable(key) === null ? 'missing' : super.delete(key);
  }
}

const CORRUPT = 'distinguishes an unreadable record from a missing one, and can delete it';

/** Mutants with unreadable records. */
export const CORRUPT_MUTANTS: readonly Mutant[] = [
  {
    fault: 'loads an unreadable record as missing',
    make: () => new LoadsCorruptAsMissing(),
    caughtBy: CORRUPT,
  },
  {
    fault: 'overwrites an unreadable record with create',
    make: () => new CreatesOverCorrupt(),
    caughtBy: CORRUPT,
  },
  {
    fault: 'does not delete an unreadable record',
    make: () => new DeletesNothingCorrupt(),
    caughtBy: CORRUPT,
  },
].map((mutant) => ({ ...mutant, spoil: spoilReference }));
