import type { SessionKey, SessionRecord, StoredSession } from 'nest-session';
import type { PrincipalLimit, WriteTerms } from '../../../lib/core/store/session-store.js';
import type { Mutant } from './mutant.js';
import { ReferenceStore, roundTrip } from './reference-store.js';

type Victims = Parameters<ReferenceStore['victims']>;

/** A store that applies another limit. */
class LimitsBy extends ReferenceStore {
  readonly #change: (limit: PrincipalLimit) => Partial<PrincipalLimit>;

  constructor(change: (limit: PrincipalLimit) => Partial<PrincipalLimit>) {
    super();
    this.#change = change;
  }

  override victims(...[record, from, terms]: Victims) {
    if (terms === undefined || terms.limit === null) return [];
    const limit = { ...terms.limit, ...this.#change(terms.limit) };
    return super.victims(record, from, { ...terms, limit });
  }
}

const evictsBy = (wrong: PrincipalLimit['whenReached']): LimitsBy =>
  new LimitsBy(({ whenReached }) => (whenReached === 'reject' ? {} : { whenReached: wrong }));

class EvictsOne extends ReferenceStore {
  override victims(...args: Victims) {
    const victims = super.victims(...args);
    return victims === 'limit' ? victims : victims.slice(0, 1);
  }
}

class ReturnsKeysOnly extends ReferenceStore {
  override evict(victims: readonly StoredSession[]) {
    const result = super.evict(victims);
    if (result === null) return null;
    return {
      evicted: result.evicted.map(({ key, record }) => ({
        key,
        record: { ...record, attributes: new Map() },
      })),
    };
  }
}

class DropsWhatItRejects extends ReferenceStore {
  override async rekey(...args: Parameters<ReferenceStore['rekey']>) {
    const result = await super.rekey(...args);
    if (result === 'limit') this.records.delete(args[0]);
    return result;
  }
}

class WritesWhatItRejects extends ReferenceStore {
  override async create(...[key, record, terms]: Parameters<ReferenceStore['create']>) {
    const result = await super.create(key, record, terms);
    if (result === 'limit') this.write(key, record);
    return result;
  }
}

class CountsWhatItMoves extends ReferenceStore {
  override victims(...[record, , terms]: Victims) {
    return super.victims(record, null, terms);
  }
}

class CountsOthers extends ReferenceStore {
  override victims(...[record, from, terms]: Victims) {
    const renamed = (one: SessionRecord): SessionRecord => ({
      ...one,
      principal: one.principal?.toLowerCase() ?? null,
    });
    const stored = this.stored().map(({ key, record }) => ({ key, record: renamed(record) }));
    this.stored = () => stored;
    try {
      return super.victims(renamed(record), from, terms);
    } finally {
      delete (this as { stored?: unknown }).stored;
    }
  }
}

class EvictsBeforeItFails extends ReferenceStore {
  override async rekey(...[from, to, record, revision, terms]: Parameters<ReferenceStore['rekey']>) {
    const victims = this.victims(record, from, terms);
    if (victims === 'limit') return victims;
    const evicted = this.evict(victims);
    const result = await super.rekey(from, to, record, revision, terms && { ...terms, limit: null });
    return result === 'applied' ? (evicted ?? result) : result;
  }
}

/** Counts in one step and writes in another. */
class CountsBeforeItWrites extends ReferenceStore {
  override async create(...[key, record, terms]: Parameters<ReferenceStore['create']>) {
    return this.#counted(record, null, terms, (rest) => super.create(key, record, rest));
  }

  override async rekey(...[from, to, record, revision, terms]: Parameters<ReferenceStore['rekey']>) {
    return this.#counted(record, from, terms, (rest) => super.rekey(from, to, record, revision, rest));
  }

  async #counted<R>(
    record: SessionRecord,
    from: SessionKey | null,
    terms: WriteTerms | undefined,
    write: (rest: WriteTerms | undefined) => Promise<R>,
  ) {
    const victims = this.victims(record, from, terms);
    await roundTrip();
    if (victims === 'limit') return 'limit' as const;
    const result = await write(terms && { ...terms, limit: null });
    return this.evict(victims) ?? result;
  }
}

class EvictsByKeyLater extends ReferenceStore {
  override async create(...[key, record, terms]: Parameters<ReferenceStore['create']>) {
    const victims = this.victims(record, null, terms);
    if (victims === 'limit') return victims;
    const result = await super.create(key, record, terms && { ...terms, limit: null });
    await roundTrip();
    return this.evict(victims) ?? result;
  }
}

class CountsRefused extends ReferenceStore {
  override victims(...[record, from, terms]: Victims) {
    return super.victims(record, from, terms && { ...terms, realm: 'another' });
  }
}

const REJECTED = 'writes nothing when it rejects a session, and keeps the record of a rekey';
const EXPIRED = 'counts no session that has expired by the instant of the limit';

/** Mutants of `SessionLimits`. */
export const LIMIT_MUTANTS: readonly Mutant[] = [
  {
    fault: 'admits one session less than the limit',
    make: () => new LimitsBy(({ most }) => ({ most: most - 1 })),
    caughtBy: 'admits sessions up to the limit',
  },
  {
    fault: 'evicts the least recent session instead of the oldest',
    make: () => evictsBy('evict-least-recent'),
    caughtBy: 'evicts the oldest session by createdAt, and returns it',
  },
  {
    fault: 'evicts the oldest session instead of the least recent',
    make: () => evictsBy('evict-oldest'),
    caughtBy: 'evicts the least recent session by touchedAt, and returns it',
  },
  {
    fault: 'returns evicted sessions without their attributes',
    make: () => new ReturnsKeysOnly(),
    caughtBy: 'evicts the oldest session by createdAt, and returns it',
  },
  {
    fault: 'evicts one session at most',
    make: () => new EvictsOne(),
    caughtBy: 'evicts as many sessions as exceed a lower limit',
  },
  {
    fault: 'removes the record of a rekey that it rejects',
    make: () => new DropsWhatItRejects(),
    caughtBy: REJECTED,
  },
  { fault: 'stores a session that it rejects', make: () => new WritesWhatItRejects(), caughtBy: REJECTED },
  {
    fault: 'counts the session that a rekey moves',
    make: () => new CountsWhatItMoves(),
    caughtBy: 'does not count the session that a rekey moves',
  },
  { fault: 'counts expired sessions', make: () => new LimitsBy(() => ({ at: 0 })), caughtBy: EXPIRED },
  {
    fault: 'counts a session at the millisecond of its expiry',
    make: () => new LimitsBy(({ at }) => ({ at: at - 1 })),
    caughtBy: EXPIRED,
  },
  {
    fault: 'counts the sessions of another principal',
    make: () => new CountsOthers(),
    caughtBy: 'counts and evicts no session of another principal',
  },
  {
    fault: 'evicts a session for one that it does not write',
    make: () => new EvictsBeforeItFails(),
    caughtBy: 'evicts nobody when the create or the rekey fails',
  },
  ...['evict-oldest', 'evict-least-recent', 'reject'].map((mode) => ({
    fault: `counts sessions in one step and writes in another, with ${mode}`,
    make: () => new CountsBeforeItWrites(),
    caughtBy: `has exactly 3 sessions after 50 concurrent logins, with ${mode}`,
  })),
  {
    fault: 'evicts by a key that may have changed',
    make: () => new EvictsByKeyLater(),
    caughtBy: 'lets no evicted session escape that is moved or patched meanwhile, in 30 races',
  },
  {
    fault: 'counts sessions that its epoch refuses',
    make: () => new CountsRefused(),
    caughtBy: 'neither counts nor evicts a session of an earlier epoch',
  },
].map((mutant) => ({ ...mutant, caughtBy: `limits > ${mutant.caughtBy}` }));
