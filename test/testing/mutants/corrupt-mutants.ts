import type { SessionKey, SessionRecord, SessionStore } from 'nest-session';
import type { Mutant } from './mutant.js';
import { ReferenceStore } from './reference-store.js';

/** Makes what a {@link ReferenceStore} holds under a key unreadable. */
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

const CORRUPT = 'tells a record that cannot be read from one that is missing, and can delete it';

/** Mutants of what a store makes of a record that it cannot read. */
export const CORRUPT_MUTANTS: readonly Mutant[] = [
  {
    fault: 'loads what cannot be read as missing',
    make: () => new LoadsCorruptAsMissing(),
    caughtBy: CORRUPT,
  },
  { fault: 'creates over what cannot be read', make: () => new CreatesOverCorrupt(), caughtBy: CORRUPT },
  { fault: 'cannot delete what cannot be read', make: () => new DeletesNothingCorrupt(), caughtBy: CORRUPT },
].map((mutant) => ({ ...mutant, spoil: spoilReference }));
