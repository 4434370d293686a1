import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { roundTrip, copyOf, ReferenceStore } from './reference-store.js';

type Rekey = [from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null];

class RekeyLeavesTheOldKey extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    const result = await super.rekey(from, to, record, revision);
    if (result === 'applied') this.records.set(from, former!);
    return result;
  }
}

class RekeyCreates extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const result = await super.rekey(from, to, record, revision);
    if (result !== 'missing') return result;
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
    await roundTrip();
    return super.rekey(from, to, record, null);
  }
}

class RekeyLooksTooEarly extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    if (former === null) return 'missing';
    await roundTrip();
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

/** As on a cluster: creates the new record, then claims the old one; deletes the new record if the claim fails. */
export class CreatesBeforeItClaims extends ReferenceStore {
  override async rekey(...[from, to, record, revision, terms]: Parameters<ReferenceStore['rekey']>) {
    if (terms !== undefined && terms.limit !== null) return super.rekey(from, to, record, revision, terms);
    const stamped = this.stamped(record, terms?.isLogin === true ? terms.realm : undefined);
    if ((await this.create(to, stamped)) === 'collision') return 'collision';
    await roundTrip();
    const held = this.readable(from);
    const former = held !== null && this.refuses(held, terms?.realm) ? null : held;
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
    const result = await super.rekey(from, to, record, revision);
    if (result !== 'applied') return result;
    this.records.set(from, former!);
    void roundTrip().then(() => this.records.delete(from));
    return result;
  }
}

class DeletesBeforeItCreates extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const result = await super.rekey(from, to, record, revision);
    if (result !== 'applied') return result;
    this.records.delete(to);
    await roundTrip();
    this.records.set(to, copyOf(record));
    return result;
  }
}

/** The new record stays if the claim of the old one fails. */
class LeavesTheNewRecord extends CreatesBeforeItClaims {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const result = await super.rekey(from, to, record, revision);
    if (typeof result === 'object') this.records.set(to, copyOf(record));
    return result;
  }
}

class CreatesBeforeItCompares extends ReferenceStore {
  override async rekey(...[from, to, record, revision]: Rekey) {
    const former = this.readable(from);
    if (former === null) return 'missing';
    if (this.records.has(to)) return 'collision';
    if (revision === null || former.revision === revision) return super.rekey(from, to, record, revision);
    this.records.set(to, copyOf(record));
    await roundTrip();
    this.records.delete(to);
    return { conflict: former };
  }
}

const ONE_OF_BOTH = 'loads exactly one of both keys at any moment of a rekey, in 30 races';

/** Mutants of `rekey`, and of the revisions that it compares. */
export const REKEY_MUTANTS: readonly Mutant[] = [
  {
    fault: 'leaves the old key when it rekeys',
    make: () => new RekeyLeavesTheOldKey(),
    caughtBy: 'moves a record to another key: the old key has no record, the new key has the new record',
  },
  {
    fault: 'creates a missing record with a rekey',
    make: () => new RekeyCreates(),
    caughtBy: 'returns missing for a patch, a touch and a rekey of a deleted record, and creates nothing',
  },
  {
    fault: 'rekeys onto a key in use',
    make: () => new RekeyOverwrites(),
    caughtBy: 'returns collision for a rekey to a key in use',
  },
  {
    fault: 'does not compare the revision when it rekeys',
    make: () => new RekeyComparesNoRevision(),
    caughtBy: 'does not rekey a record of another revision, and returns its record as the conflict',
  },
  {
    fault: 'compares the revision, and rekeys later',
    make: () => new RekeyComparesTooEarly(),
    caughtBy: 'loses no patch to a rekey in 20 races',
  },
  {
    fault: 'checks whether a record exists, and rekeys later',
    make: () => new RekeyLooksTooEarly(),
    caughtBy: 'lets exactly one of 10 concurrent rekeys of one record succeed',
  },
  {
    fault: 'does not count its patches',
    make: () => new CountsNoRevision(),
    caughtBy: 'increases the revision with each patch that changes something, and with no other',
  },
  {
    fault: 'counts touches as changes',
    make: () => new CountsTouches(),
    caughtBy: 'increases the revision with each patch that changes something, and with no other',
  },
  {
    fault: 'has both keys for a moment of a rekey',
    make: () => new CreatesBeforeItClaims(),
    caughtBy: ONE_OF_BOTH,
  },
  {
    fault: 'has the old key for a moment after a rekey',
    make: () => new ClaimsTooLate(),
    caughtBy: ONE_OF_BOTH,
  },
  {
    fault: 'has neither key for a moment of a rekey',
    make: () => new DeletesBeforeItCreates(),
    caughtBy: ONE_OF_BOTH,
  },
  {
    fault: 'has the new key for a moment of a rekey with a conflict',
    make: () => new CreatesBeforeItCompares(),
    caughtBy: 'never loads the new key of a rekey that returns a conflict, in 30 races',
  },
];

const AT_LEAST_ONE =
  'loads at least one of both keys at any moment of a rekey, and only the new one after it, in 30 races';

/** Mutants of a store with the option `atomicRekey: false`. */
export const TWO_STEP_MUTANTS: readonly Mutant[] = [
  {
    fault: 'has the old key for a moment after a rekey',
    make: () => new ClaimsTooLate(),
    caughtBy: AT_LEAST_ONE,
  },
  {
    fault: 'has neither key for a moment of a rekey',
    make: () => new DeletesBeforeItCreates(),
    caughtBy: AT_LEAST_ONE,
  },
  {
    fault: 'leaves the new key after a rekey with a conflict',
    make: () => new LeavesTheNewRecord(),
    caughtBy: 'loads only the old key after a rekey that returned a conflict, in 30 races with a patch',
  },
];
