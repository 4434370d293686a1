import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { roundTrip, copyOf, ReferenceStore } from './reference-store.js';

class CreateOverwrites extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    this.records.set(key, copyOf(record));
    return 'created' as const;
  }
}

class CreateOverwritesQuietly extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    const result = await super.create(key, record);
    this.records.set(key, copyOf(record));
    return result;
  }
}

class CreateLooksFirst extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    if (this.records.has(key)) return 'collision';
    await roundTrip();
    this.records.set(key, copyOf(record));
    return 'created' as const;
  }
}

class CreateInTwoSteps extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    if (this.records.has(key)) return 'collision';
    this.records.set(key, { ...copyOf(record), attributes: new Map() });
    await roundTrip();
    if (this.records.has(key)) this.records.set(key, copyOf(record));
    return 'created' as const;
  }
}

class CreateKeepsWhatItIsGiven extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    if (this.records.has(key)) return 'collision';
    this.records.set(key, record);
    return 'created' as const;
  }
}

class RekeyKeepsWhatItIsGiven extends ReferenceStore {
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    const result = await super.rekey(from, to, record, revision);
    if (result === 'applied') this.records.set(to, record);
    return result;
  }
}

class LoadFindsWhatIsNotThere extends ReferenceStore {
  override async load(key: SessionKey) {
    const now = Date.now();
    const empty = { createdAt: now, touchedAt: now, expiresAt: now, principal: null, revision: 0 };
    return (await super.load(key)) ?? { ...empty, attributes: new Map<string, string>() };
  }
}

class DeleteAlwaysSaysDeleted extends ReferenceStore {
  override async delete(key: SessionKey) {
    await super.delete(key);
    return 'deleted' as const;
  }
}

class PatchCreates extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    if (this.readable(key) !== null) return super.patch(key, patch);
    const { touchedAt, expiresAt, principal, changes } = patch;
    const attributes = new Map([...changes].flatMap(([name, { to }]) => (to === null ? [] : [[name, to]])));
    const record = { createdAt: touchedAt, touchedAt, expiresAt, principal: principal.to, revision: 1 };
    this.records.set(key, { ...record, attributes });
    return 'applied' as const;
  }
}

class TouchWritesWhatItLoaded extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null || patch.changes.size > 0) return super.patch(key, patch);
    await roundTrip();
    this.records.set(key, { ...record, touchedAt: patch.touchedAt, expiresAt: patch.expiresAt });
    return 'applied' as const;
  }
}

class TouchMovesNothing extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const { touchedAt, expiresAt } = record;
    return super.patched(record, patch.changes.size > 0 ? patch : { ...patch, touchedAt, expiresAt });
  }
}

class RemovesNoAttribute extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const changes = new Map(
      [...patch.changes].map(([name, { from, to }]) => [name, { from, to: to ?? from }]),
    );
    return super.patch(key, { ...patch, changes });
  }
}

/** Mutants of `load`, `create`, `delete` and of touches. */
export const LIFE_CYCLE_MUTANTS: readonly Mutant[] = [
  {
    fault: 'loads an empty record for an unknown key',
    make: () => new LoadFindsWhatIsNotThere(),
    caughtBy: 'loads null for an unknown key',
  },
  {
    fault: 'overwrites with create',
    make: () => new CreateOverwrites(),
    caughtBy: 'returns collision for create with a key in use, and leaves its record unchanged',
  },
  {
    fault: 'returns collision from create and overwrites the record',
    make: () => new CreateOverwritesQuietly(),
    caughtBy: 'returns collision for create with a key in use, and leaves its record unchanged',
  },
  {
    fault: 'checks whether a key is in use, and creates later',
    make: () => new CreateLooksFirst(),
    caughtBy: 'lets exactly one of 20 concurrent creates of one key succeed',
  },
  {
    fault: 'creates a record in two steps',
    make: () => new CreateInTwoSteps(),
    caughtBy: 'shows a new record completely or not at all to concurrent loads',
  },
  {
    fault: 'keeps the record object that create received',
    make: () => new CreateKeepsWhatItIsGiven(),
    caughtBy: 'does not change when a caller later modifies a record or a patch that it passed',
  },
  {
    fault: 'keeps the record object that rekey received',
    make: () => new RekeyKeepsWhatItIsGiven(),
    caughtBy: 'does not change when a caller later modifies a record or a patch that it passed',
  },
  {
    fault: 'returns deleted for a missing record',
    make: () => new DeleteAlwaysSaysDeleted(),
    caughtBy: 'returns deleted for the first delete, and missing for the second',
  },
  {
    fault: 'creates a missing record with a patch',
    make: () => new PatchCreates(),
    caughtBy: 'returns missing for a patch, a touch and a rekey of a deleted record, and creates nothing',
  },
  {
    fault: 'writes the record that it loaded before a touch',
    make: () => new TouchWritesWhatItLoaded(),
    caughtBy: 'restores no session in 50 races of patches with a delete',
  },
  {
    fault: 'does not move the expiry with a touch',
    make: () => new TouchMovesNothing(),
    caughtBy: 'moves the expiry with a touch, which changes nothing else',
  },
  {
    fault: 'does not remove attributes',
    make: () => new RemovesNoAttribute(),
    caughtBy: 'sets, replaces and removes attributes in one patch',
  },
];
