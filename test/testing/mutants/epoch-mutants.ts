import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { WriteTerms } from '../../../lib/core/store/session-store.js';
import type { Mutant } from './mutant.js';
import { ReferenceStore, roundTrip } from './reference-store.js';

class FoldsRealms extends ReferenceStore {
  override async epoch(realm: string) {
    return super.epoch(realm.toLowerCase());
  }

  override async advanceEpoch(realm: string) {
    return super.advanceEpoch(realm.toLowerCase());
  }
}

class LosesAdvances extends ReferenceStore {
  override async advanceEpoch(realm: string) {
    const next = (await this.epoch(realm)) + 1;
    await roundTrip();
    this.epochs.set(realm, next);
    return next;
  }
}

class StampsNothing extends ReferenceStore {
  override stamped(record: SessionRecord) {
    return super.stamped(record, undefined);
  }
}

class StampsZero extends ReferenceStore {
  override stamped(record: SessionRecord, realm: string | undefined) {
    return { epoch: 0, ...super.stamped(record, realm) };
  }
}

class RefusesInEveryRealm extends ReferenceStore {
  override refuses(record: SessionRecord, realm: string | undefined) {
    return [...this.epochs.keys()].some((one) => realm !== undefined && super.refuses(record, one));
  }
}

class RefusesWithoutRealm extends ReferenceStore {
  override refuses(record: SessionRecord, realm = 'default') {
    return super.refuses(record, realm);
  }
}

class RefusesOnlyStamped extends ReferenceStore {
  override refuses(record: SessionRecord, realm: string | undefined) {
    return record.epoch !== undefined && super.refuses(record, realm);
  }
}

class PatchesWithoutEpoch extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const next = super.patched(record, patch);
    return next === null ? null : { ...this.stamped({ ...next, epoch: 0 }, undefined) };
  }
}

class ConflictsWithoutEpoch extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const result = await super.patch(key, patch);
    if (typeof result === 'string') return result;
    return { conflict: this.stamped({ ...result.conflict, epoch: 0 }, undefined) };
  }
}

/** A rekey that changes its terms. */
class RekeysOn extends ReferenceStore {
  readonly #change: (terms: WriteTerms) => WriteTerms | undefined;

  constructor(change: (terms: WriteTerms) => WriteTerms | undefined) {
    super();
    this.#change = change;
  }

  override async rekey(...[from, to, record, revision, terms]: Parameters<ReferenceStore['rekey']>) {
    return super.rekey(from, to, record, revision, terms && this.#change(terms));
  }
}

class ForgetsTheEpochOfRekeys extends ReferenceStore {
  override async rekey(...[from, to, record, revision, terms]: Parameters<ReferenceStore['rekey']>) {
    return super.rekey(from, to, { ...record, epoch: 0 }, revision, terms);
  }
}

class CountsAfterItResolves extends ReferenceStore {
  override async advanceEpoch(realm: string) {
    const next = (await this.epoch(realm)) + 1;
    void roundTrip().then(() => this.epochs.set(realm, next));
    return next;
  }
}

class StampsWhatItReadFirst extends ReferenceStore {
  readonly #read = new Map<string, number>();

  override stamped(record: SessionRecord, realm: string | undefined) {
    if (realm === undefined) return super.stamped(record, realm);
    const epoch = this.#read.get(realm) ?? this.epochs.get(realm) ?? 0;
    this.#read.set(realm, epoch);
    return super.stamped({ ...record, epoch }, undefined);
  }
}

class StampsEveryRekey extends ReferenceStore {
  override async rekey(...[from, to, record, revision, terms]: Parameters<ReferenceStore['rekey']>) {
    const former = this.readable(from);
    if (former === null || this.refuses(former, terms?.realm)) return 'missing';
    await roundTrip();
    return super.rekey(from, to, this.stamped(record, terms?.realm), revision);
  }
}

const REALMS = 'starts each realm at 0, and counts realms of any name separately';
const CREATES = 'stamps the present epoch on each record that it creates, and none while it is 0';
const REFUSES = 'refuses each record of an earlier epoch, in that realm only, and not without a realm';
const PATCHES = 'keeps the epoch through patches, and returns it in a conflict';
const REKEYS = 'stamps the present epoch at a login, and keeps that of the record in any other rekey';
const RACES =
  'ends what was created before advanceEpoch(), and nothing that is created after it, in 30 races';

/** Mutants of `SessionEpochs`. */
export const EPOCH_MUTANTS: readonly Mutant[] = [
  { fault: 'folds the case of realms', make: () => new FoldsRealms(), caughtBy: REALMS },
  {
    fault: 'loses a concurrent advanceEpoch()',
    make: () => new LosesAdvances(),
    caughtBy: 'adds 20 in 20 concurrent advanceEpoch()',
  },
  { fault: 'stamps no epoch', make: () => new StampsNothing(), caughtBy: CREATES },
  { fault: 'stores an epoch of 0', make: () => new StampsZero(), caughtBy: CREATES },
  { fault: 'ends the sessions of all realms', make: () => new RefusesInEveryRealm(), caughtBy: REFUSES },
  { fault: 'refuses a record without a realm', make: () => new RefusesWithoutRealm(), caughtBy: REFUSES },
  {
    fault: 'does not refuse a record without an epoch',
    make: () => new RefusesOnlyStamped(),
    caughtBy: REFUSES,
  },
  { fault: 'loses the epoch in a patch', make: () => new PatchesWithoutEpoch(), caughtBy: PATCHES },
  {
    fault: 'returns a conflict without its epoch',
    make: () => new ConflictsWithoutEpoch(),
    caughtBy: PATCHES,
  },
  {
    fault: 'stamps no epoch at a login',
    make: () => new RekeysOn((terms) => ({ ...terms, isLogin: false })),
    caughtBy: REKEYS,
  },
  { fault: 'loses the epoch in a rekey', make: () => new ForgetsTheEpochOfRekeys(), caughtBy: REKEYS },
  {
    fault: 'moves a record that it refuses',
    make: () => new RekeysOn(() => undefined),
    caughtBy: 'returns missing for a rekey of a refused record, and moves nothing',
  },
  {
    fault: 'resolves advanceEpoch() before it counts',
    make: () => new CountsAfterItResolves(),
    caughtBy: RACES,
  },
  { fault: 'stamps an epoch that it read before', make: () => new StampsWhatItReadFirst(), caughtBy: RACES },
  {
    fault: 'stamps a rekey that is no login',
    make: () => new StampsEveryRekey(),
    caughtBy: 'lets no session escape advanceEpoch() by a rekey that is no login, in 30 races',
  },
].map((mutant) => ({ ...mutant, caughtBy: `epochs > ${mutant.caughtBy}` }));
