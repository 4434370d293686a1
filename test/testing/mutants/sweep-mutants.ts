import type { SessionKey, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { roundTrip, ReferenceStore } from './reference-store.js';

class SweepsWhatItFoundBefore extends ReferenceStore {
  override async deleteExpired(before: number, limit: number) {
    const expired = this.expired(before).slice(0, limit);
    await roundTrip();
    return expired.filter((key) => this.records.delete(key)).length;
  }
}

class CountsWhatItFound extends ReferenceStore {
  override async deleteExpired(before: number, limit: number) {
    const expired = this.expired(before).slice(0, limit);
    await roundTrip();
    const still = new Set(this.expired(before));
    for (const key of expired) if (still.has(key)) this.records.delete(key);
    return expired.length;
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

/** A separate list of expiries, which patches do not update. */
class SweepsByTheFirstExpiry extends ReferenceStore {
  readonly #expiries = new Map<SessionKey, number>();

  override async create(key: SessionKey, record: SessionRecord) {
    this.#expiries.set(key, record.expiresAt);
    return super.create(key, record);
  }

  override expired(before: number) {
    return super.stored().flatMap(({ key }) => ((this.#expiries.get(key) ?? before) <= before ? [key] : []));
  }
}

/** Mutants of `deleteExpired`. */
export const SWEEP_MUTANTS: readonly Mutant[] = [
  {
    fault: 'sweeps a session that was touched meanwhile',
    make: () => new SweepsWhatItFoundBefore(),
    caughtBy: 'does not remove a record whose expiry is moved concurrently, in 20 races',
  },
  {
    fault: 'counts a record in each of two sweeps',
    make: () => new CountsWhatItFound(),
    caughtBy: 'counts each record once in three concurrent sweeps',
  },
  {
    fault: 'sweeps without a limit',
    make: () => new SweepsWithoutLimit(),
    caughtBy: 'removes the records that expired by the given instant, in batches, and no others',
  },
  {
    fault: 'sweeps a record a millisecond before its expiry',
    make: () => new SweepsTooMuch(),
    caughtBy: 'removes the records that expired by the given instant, in batches, and no others',
  },
  {
    fault: 'sweeps by the expiry that a record was created with',
    make: () => new SweepsByTheFirstExpiry(),
    caughtBy: 'ignores the former expiry of a record whose expiry was moved, and of a deleted record',
  },
].map((mutant) => ({ ...mutant, caughtBy: `expiry > ${mutant.caughtBy}` }));
