import type { SessionKey, SessionRecord, StoredSession } from 'nest-session';
import type { Mutant } from './mutant.js';
import { ReferenceStore, roundTrip } from './reference-store.js';

class ClaimsWhatItFoundBefore extends ReferenceStore {
  override async claimExpired(before: number, limit: number) {
    const found = this.found(before, limit);
    await roundTrip();
    return found.filter(({ key }) => this.records.delete(key));
  }

  found(before: number, limit: number): StoredSession[] {
    return this.stored()
      .filter(({ record }) => record.expiresAt <= before)
      .slice(0, limit);
  }
}

class ReturnsWhatItFound extends ClaimsWhatItFoundBefore {
  override async claimExpired(before: number, limit: number) {
    const found = this.found(before, limit);
    await roundTrip();
    for (const { key } of found) this.records.delete(key);
    return found;
  }
}

/** Compares the expiry when it removes, but returns the record that it found before. */
class ReturnsAnOldState extends ClaimsWhatItFoundBefore {
  override async claimExpired(before: number, limit: number) {
    const found = this.found(before, limit);
    await roundTrip();
    const still = new Set(this.expired(before));
    return found.filter(({ key }) => still.has(key) && this.records.delete(key));
  }
}

/** Counts what it found, although a claim has removed it meanwhile. */
class CountsWhatAClaimReturns extends ReferenceStore {
  override async deleteExpired(before: number, limit: number) {
    const expired = this.expired(before).slice(0, limit);
    await roundTrip();
    for (const key of expired) this.records.delete(key);
    return expired.length;
  }
}

class ClaimsOnlyPrincipals extends ReferenceStore {
  override async claimExpired(before: number, limit: number) {
    const claimed = await super.claimExpired(before, limit);
    return claimed.filter(({ record }) => record.principal !== null);
  }
}

class ClaimsWithoutAttributes extends ReferenceStore {
  override async claimExpired(before: number, limit: number) {
    const claimed = await super.claimExpired(before, limit);
    return claimed.map(({ key, record }) => ({ key, record: { ...record, attributes: new Map() } }));
  }
}

class ClaimsWithoutRemoval extends ReferenceStore {
  override async claimExpired(before: number, limit: number) {
    const claimed = await super.claimExpired(before, limit);
    for (const { key, record } of claimed) this.records.set(key, record);
    return claimed;
  }
}

class ClaimsWithoutLimit extends ReferenceStore {
  override async claimExpired(before: number) {
    return super.claimExpired(before, Infinity);
  }
}

class ClaimsTooMuch extends ReferenceStore {
  override async claimExpired(before: number, limit: number) {
    return super.claimExpired(before + 1, limit);
  }
}

/** A list of expiries that only grow. */
class ClaimsByTheLatestExpiry extends ReferenceStore {
  readonly #expiries = new Map<SessionKey, number>();

  override write(key: SessionKey, record: SessionRecord): void {
    this.#expiries.set(key, Math.max(record.expiresAt, this.#expiries.get(key) ?? 0));
    super.write(key, record);
  }

  override expired(before: number) {
    return super.expired(before).filter((key) => this.#expiries.get(key)! <= before);
  }
}

const WHOLE = 'returns the whole records that it removes, of users and anonymous ones';
const BATCHES = 'claims what expired by the given instant, in batches, and nothing else';

/** Mutants of `ExpiryClaims`. */
export const CLAIM_MUTANTS: readonly Mutant[] = [
  {
    fault: 'claims a session that was touched meanwhile',
    make: () => new ClaimsWhatItFoundBefore(),
    caughtBy: 'does not claim a record whose expiry is moved concurrently, in 20 races',
  },
  {
    fault: 'returns a session to two concurrent claims',
    make: () => new ReturnsWhatItFound(),
    caughtBy: 'returns each record to one of three concurrent claims, or to none of them',
  },
  {
    fault: 'returns a state of a record from before a change',
    make: () => new ReturnsAnOldState(),
    caughtBy: 'returns the state that it removes, while requests change the records',
  },
  {
    fault: 'counts a claimed record in a sweep',
    make: () => new CountsWhatAClaimReturns(),
    caughtBy: 'returns no record that a concurrent deleteExpired() counts',
  },
  { fault: 'claims no anonymous session', make: () => new ClaimsOnlyPrincipals(), caughtBy: WHOLE },
  {
    fault: 'claims a record without its attributes',
    make: () => new ClaimsWithoutAttributes(),
    caughtBy: WHOLE,
  },
  { fault: 'leaves a claimed record in the store', make: () => new ClaimsWithoutRemoval(), caughtBy: WHOLE },
  { fault: 'claims without a limit', make: () => new ClaimsWithoutLimit(), caughtBy: BATCHES },
  {
    fault: 'claims a record a millisecond before its expiry',
    make: () => new ClaimsTooMuch(),
    caughtBy: BATCHES,
  },
  {
    fault: 'claims a record at an expiry that was moved to an earlier time',
    make: () => new ClaimsByTheLatestExpiry(),
    caughtBy:
      'claims by the present expiry and key of a record, also one whose expiry was moved to an earlier time',
  },
].map((mutant) => ({ ...mutant, caughtBy: `claims > ${mutant.caughtBy}` }));
