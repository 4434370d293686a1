import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { aMoment, copyOf, ReferenceStore } from './reference-store.js';

class CreateOverwrites extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    this.records.set(key, copyOf(record));
    return 'created' as const;
  }
}

class CreateOverwritesQuietly extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    const word = await super.create(key, record);
    this.records.set(key, copyOf(record));
    return word;
  }
}

class CreateLooksFirst extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    if (this.records.has(key)) return 'collision';
    await aMoment();
    this.records.set(key, copyOf(record));
    return 'created' as const;
  }
}

class CreateInTwoSteps extends ReferenceStore {
  override async create(key: SessionKey, record: SessionRecord) {
    if (this.records.has(key)) return 'collision';
    this.records.set(key, { ...copyOf(record), attributes: new Map() });
    await aMoment();
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
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome === 'applied') this.records.set(to, record);
    return outcome;
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
    await aMoment();
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
    fault: 'finds an empty record where there is none',
    make: () => new LoadFindsWhatIsNotThere(),
    caughtBy: 'answers null for a key that it never saw',
  },
  {
    fault: 'overwrites with create',
    make: () => new CreateOverwrites(),
    caughtBy: 'never overwrites: create answers collision and leaves the record alone',
  },
  {
    fault: 'returns collision from create and overwrites all the same',
    make: () => new CreateOverwritesQuietly(),
    caughtBy: 'never overwrites: create answers collision and leaves the record alone',
  },
  {
    fault: 'looks whether a key is in use, and creates later',
    make: () => new CreateLooksFirst(),
    caughtBy: 'lets exactly one of 20 creates of one key win',
  },
  {
    fault: 'creates a record in two steps',
    make: () => new CreateInTwoSteps(),
    caughtBy: 'shows a new record whole or not at all to concurrent loads',
  },
  {
    fault: 'keeps the very record that create was given',
    make: () => new CreateKeepsWhatItIsGiven(),
    caughtBy: 'is not changed by what callers do later to a record or a patch that they gave',
  },
  {
    fault: 'keeps the very record that rekey was given',
    make: () => new RekeyKeepsWhatItIsGiven(),
    caughtBy: 'is not changed by what callers do later to a record or a patch that they gave',
  },
  {
    fault: 'returns deleted for a record that is missing',
    make: () => new DeleteAlwaysSaysDeleted(),
    caughtBy: 'deletes, and says so once',
  },
  {
    fault: 'creates a missing record with a patch',
    make: () => new PatchCreates(),
    caughtBy:
      'never creates: a patch, a touch and a rekey of a deleted record answer missing and leave nothing',
  },
  {
    fault: 'writes with a touch what it had loaded before',
    make: () => new TouchWritesWhatItLoaded(),
    caughtBy: 'brings no session back in 50 races of patches with a delete',
  },
  {
    fault: 'does not move the expiry with a touch',
    make: () => new TouchMovesNothing(),
    caughtBy: 'moves the expiry with a patch and with a touch, which changes nothing else',
  },
  {
    fault: 'does not remove attributes',
    make: () => new RemovesNoAttribute(),
    caughtBy: 'sets, replaces and removes attributes in one patch',
  },
];
