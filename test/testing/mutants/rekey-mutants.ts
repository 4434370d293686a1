import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { aMoment, copyOf, ReferenceStore } from './reference-store.js';

type Rekey = [from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null];

class RekeyLeavesTheOldKey extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome === 'applied') this.records.set(from, former!);
    return outcome;
  }
}

class RekeyCreates extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome !== 'missing') return outcome;
    this.records.set(to, copyOf(record));
    return 'applied' as const;
  }
}

class RekeyOverwrites extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    this.records.delete(to);
    return super.rekey(from, to, record, revision);
  }
}

class RekeyComparesNoRevision extends ReferenceStore {
  override async rekey(...[from, to, record]: Rekey) {
    return super.rekey(from, to, record, null);
  }
}

class RekeyComparesTooEarly extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    if (former !== null && revision !== null && former.revision !== revision) return { conflict: former };
    await aMoment();
    return super.rekey(from, to, record, null);
  }
}

class RekeyLooksTooEarly extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    if (former === null) return 'missing';
    await aMoment();
    this.records.set(from, this.readable(from) ?? former);
    return super.rekey(from, to, record, revision);
  }
}

class CountsNoRevision extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const next = super.patched(record, patch);
    return next && { ...next, revision: record.revision };
  }
}

class CountsTouches extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const next = super.patched(record, patch);
    return next && { ...next, revision: record.revision + 1 };
  }
}

/** As on a cluster: the new record is there before the old one is claimed, and is removed again where that fails. */
export class FilesBeforeItClaims extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    if ((await this.create(to, record)) === 'collision') return 'collision';
    await aMoment();
    const former = this.readable(from);
    if (former !== null && (revision === null || former.revision === revision)) {
      this.records.delete(from);
      return 'applied' as const;
    }
    this.records.delete(to);
    return former === null ? ('missing' as const) : { conflict: former };
  }
}

/** The old key can be loaded for a moment after the rekey. */
class ClaimsTooLate extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome !== 'applied') return outcome;
    this.records.set(from, former!);
    void aMoment().then(() => this.records.delete(from));
    return outcome;
  }
}

class RemovesBeforeItFiles extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome !== 'applied') return outcome;
    this.records.delete(to);
    await aMoment();
    this.records.set(to, copyOf(record));
    return outcome;
  }
}

/** The new record stays where the old one could not be claimed. */
class LeavesWhatItFiled extends FilesBeforeItClaims {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const outcome = await super.rekey(from, to, record, revision);
    if (typeof outcome === 'object') this.records.set(to, copyOf(record));
    return outcome;
  }
}

class FilesBeforeItCompares extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    if (former === null) return 'missing';
    if (this.records.has(to)) return 'collision';
    if (revision === null || former.revision === revision) return super.rekey(from, to, record, revision);
    this.records.set(to, copyOf(record));
    await aMoment();
    this.records.delete(to);
    return { conflict: former };
  }
}

const ONE_OF_BOTH = 'can load exactly one of both keys at any moment of a rekey, in 30 races';

/** Mutants of `rekey`, and of the revisions that it compares. */
export const REKEY_MUTANTS: readonly Mutant[] = [
  {
    fault: 'leaves the old key when it rekeys',
    make: () => new RekeyLeavesTheOldKey(),
    caughtBy: 'moves to another key in one step: the old one is gone, the new one holds the new record',
  },
  {
    fault: 'creates a missing record with a rekey',
    make: () => new RekeyCreates(),
    caughtBy:
      'never creates: a patch, a touch and a rekey of a deleted record answer missing and leave nothing',
  },
  {
    fault: 'rekeys onto a key in use',
    make: () => new RekeyOverwrites(),
    caughtBy: 'does not rekey onto a key in use',
  },
  {
    fault: 'does not compare the revision when it rekeys',
    make: () => new RekeyComparesNoRevision(),
    caughtBy: 'does not rekey a record of another revision, and answers with what it holds',
  },
  {
    fault: 'compares the revision, and rekeys later',
    make: () => new RekeyComparesTooEarly(),
    caughtBy: 'loses no patch to a rekey in 20 races',
  },
  {
    fault: 'looks whether a record is there, and rekeys later',
    make: () => new RekeyLooksTooEarly(),
    caughtBy: 'lets exactly one of 10 rekeys of one record win',
  },
  {
    fault: 'does not count its patches',
    make: () => new CountsNoRevision(),
    caughtBy: 'counts the patches that change anything, and no others',
  },
  {
    fault: 'counts touches as changes',
    make: () => new CountsTouches(),
    caughtBy: 'counts the patches that change anything, and no others',
  },
  {
    fault: 'has both keys for a moment of a rekey',
    make: () => new FilesBeforeItClaims(),
    caughtBy: ONE_OF_BOTH,
  },
  {
    fault: 'has the old key for a moment after a rekey',
    make: () => new ClaimsTooLate(),
    caughtBy: ONE_OF_BOTH,
  },
  {
    fault: 'has neither key for a moment of a rekey',
    make: () => new RemovesBeforeItFiles(),
    caughtBy: ONE_OF_BOTH,
  },
  {
    fault: 'has the new key for a moment of a rekey that it refuses',
    make: () => new FilesBeforeItCompares(),
    caughtBy: 'never loads the new key of a rekey that is refused, in 30 races',
  },
];

const AT_LEAST_ONE =
  'can load at least one of both keys at any moment of a rekey, and only the new one after it, in 30 races';

/** Mutants of a store that says that its `rekey` takes two steps. */
export const TWO_STEP_MUTANTS: readonly Mutant[] = [
  {
    fault: 'has the old key for a moment after a rekey',
    make: () => new ClaimsTooLate(),
    caughtBy: AT_LEAST_ONE,
  },
  {
    fault: 'has neither key for a moment of a rekey',
    make: () => new RemovesBeforeItFiles(),
    caughtBy: AT_LEAST_ONE,
  },
  {
    fault: 'leaves the new key after a rekey that it refuses',
    make: () => new LeavesWhatItFiled(),
    caughtBy: 'can load only the old key after a rekey that was refused, in 30 races with a patch',
  },
];
