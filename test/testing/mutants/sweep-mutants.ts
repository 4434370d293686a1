import type { SessionKey, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { aMoment, ReferenceStore } from './reference-store.js';

class SweepsWhatItFoundBefore extends ReferenceStore {
  override async deleteExpired(before: number, limit: number) {
    const over = this.expired(before).slice(0, limit);
    await aMoment();
    return over.filter((key) => this.records.delete(key)).length;
  }
}

class CountsWhatItFound extends ReferenceStore {
  override async deleteExpired(before: number, limit: number) {
    const over = this.expired(before).slice(0, limit);
    await aMoment();
    const still = new Set(this.expired(before));
    for (const key of over) if (still.has(key)) this.records.delete(key);
    return over.length;
  }
}

class SweepsWithoutLimit extends ReferenceStore {
  override async deleteExpired(before: number) {
    return super.deleteExpired(before, Infinity);
  }
}

class SweepsTooMuch extends ReferenceStore {
  override async deleteExpired(before: number, limit: number) {
    return super.deleteExpired(before + 1, limit);
  }
}

/** A list of expiries beside the records, to which patches add nothing. */
class SweepsByTheFirstExpiry extends ReferenceStore {
  readonly #expiries = new Map<SessionKey, number>();

  override async create(key: SessionKey, record: SessionRecord) {
    this.#expiries.set(key, record.expiresAt);
    return super.create(key, record);
  }

  override expired(before: number) {
    return super.filed().flatMap(({ key }) => ((this.#expiries.get(key) ?? before) <= before ? [key] : []));
  }
}

/** Mutants of `deleteExpired`. */
export const SWEEP_MUTANTS: readonly Mutant[] = [
  {
    fault: 'sweeps a session that was touched meanwhile',
    make: () => new SweepsWhatItFoundBefore(),
    caughtBy: 'does not sweep a record whose expiry is moved meanwhile, in 20 races',
  },
  {
    fault: 'counts a record in each of two sweeps',
    make: () => new CountsWhatItFound(),
    caughtBy: 'counts each record once in three concurrent sweeps',
  },
  {
    fault: 'sweeps without a limit',
    make: () => new SweepsWithoutLimit(),
    caughtBy: 'removes what was over at the given instant, in batches, and nothing else',
  },
  {
    fault: 'sweeps a record a millisecond before its time',
    make: () => new SweepsTooMuch(),
    caughtBy: 'removes what was over at the given instant, in batches, and nothing else',
  },
  {
    fault: 'sweeps by the expiry that a record was created with',
    make: () => new SweepsByTheFirstExpiry(),
    caughtBy: 'does not sweep by an expiry that was moved, nor by that of a record that was deleted',
  },
];
