import type { StoredSession, SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { aMoment, ReferenceStore } from './reference-store.js';

/** A store with an index of its own, which follows the records only as far as a mutant lets it. */
class Indexed extends ReferenceStore {
  readonly index = new Map<SessionKey, string>();

  override async create(key: SessionKey, record: SessionRecord) {
    const word = await super.create(key, record);
    if (word === 'created' && record.principal !== null) this.index.set(key, record.principal);
    return word;
  }

  override async listByPrincipal(principal: string, at: number, limit: number) {
    const listed = await super.listByPrincipal(principal, at, Infinity);
    return listed.filter(({ key }) => this.index.get(key) === principal).slice(0, limit);
  }
}

class IndexForgetsLogins extends Indexed {
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome === 'applied' && record.principal !== null) this.index.set(to, record.principal);
    return outcome;
  }
}

class IndexForgetsRekeys extends Indexed {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const outcome = await super.patch(key, patch);
    if (outcome === 'applied' && patch.principal.to !== null) this.index.set(key, patch.principal.to);
    return outcome;
  }
}

class IndexForgetsTouched extends Indexed {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const outcome = await super.patch(key, patch);
    if (outcome === 'applied') this.index.delete(key);
    return outcome;
  }
}

class IndexKeepsDeadKeys extends ReferenceStore {
  readonly #dead: StoredSession[] = [];

  override async delete(key: SessionKey) {
    const record = this.readable(key);
    if (record !== null) this.#dead.push({ key, record });
    return super.delete(key);
  }

  override async listByPrincipal(principal: string, at: number, limit: number) {
    const dead = this.#dead.filter(({ record }) => record.principal === principal);
    return [...(await super.listByPrincipal(principal, at, limit)), ...dead].slice(0, limit);
  }
}

class ListsRecordsOfItsOwn extends ReferenceStore {
  readonly #own = new Map<SessionKey, SessionRecord>();

  override file(key: SessionKey, record: SessionRecord) {
    super.file(key, record);
    this.#own.set(key, Object.assign(this.#own.get(key) ?? {}, record));
  }

  override async listByPrincipal(principal: string, at: number, limit: number) {
    const listed = await super.listByPrincipal(principal, at, limit);
    return listed.map(({ key }) => ({ key, record: this.#own.get(key)! }));
  }
}

class ListsExpired extends ReferenceStore {
  override async listByPrincipal(principal: string, _at: number, limit: number) {
    return super.listByPrincipal(principal, -Infinity, limit);
  }
}

class ListsAsBegun extends ReferenceStore {
  override async listByPrincipal(principal: string, at: number, limit: number) {
    return (await super.listByPrincipal(principal, at, limit)).reverse();
  }
}

class ListsWithoutLimit extends ReferenceStore {
  override async listByPrincipal(principal: string, at: number) {
    return super.listByPrincipal(principal, at, Infinity);
  }
}

class FoldsPrincipals extends ReferenceStore {
  readonly #fold: (principal: string) => string;

  constructor(fold: (principal: string) => string) {
    super();
    this.#fold = fold;
  }

  override async listByPrincipal(principal: string, at: number, limit: number) {
    return this.filed()
      .filter(({ record }) => record.principal !== null && record.expiresAt > at)
      .filter(({ record }) => this.#fold(record.principal!) === this.#fold(principal))
      .sort((one, other) => other.record.createdAt - one.record.createdAt)
      .slice(0, limit);
  }
}

class EndsTheKeptOne extends ReferenceStore {
  override async deleteByPrincipal(principal: string) {
    return super.deleteByPrincipal(principal, null);
  }
}

class EndsWhatItListed extends ReferenceStore {
  override async deleteByPrincipal(principal: string, keep: SessionKey | null) {
    const filed = this.filed().filter(({ key, record }) => key !== keep && record.principal === principal);
    await aMoment();
    return filed.filter(({ key }) => this.records.delete(key)).length;
  }
}

class EndsByMovingOut extends Indexed {
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    const outcome = await super.rekey(from, to, record, revision);
    if (outcome === 'applied') await aMoment();
    if (outcome === 'applied' && record.principal !== null) this.index.set(to, record.principal);
    return outcome;
  }

  override async patch(key: SessionKey, patch: SessionPatch) {
    const outcome = await super.patch(key, patch);
    if (outcome === 'applied' && patch.principal.to !== null) this.index.set(key, patch.principal.to);
    return outcome;
  }

  override async deleteByPrincipal(principal: string, keep: SessionKey | null) {
    const listed = [...this.index].filter(([key, one]) => one === principal && key !== keep);
    await aMoment();
    let count = 0;
    for (const [key] of listed) {
      this.index.set(key, '');
      if (this.records.delete(key)) count++;
    }
    // A login that is listed meanwhile is struck off with the others, and its session stays.
    for (const { key, record } of this.filed())
      if (record.principal === principal && key !== keep) this.index.delete(key);
    return count;
  }
}

/** Mutants of the index of principals. */
export const PRINCIPAL_MUTANTS: readonly Mutant[] = [
  {
    fault: 'does not list who logs in with a patch',
    make: () => new IndexForgetsLogins(),
    caughtBy: 'follows a principal that a patch changes, and a session that is given another key',
  },
  {
    fault: 'does not list a session under its new key',
    make: () => new IndexForgetsRekeys(),
    caughtBy: 'follows a principal that a patch changes, and a session that is given another key',
  },
  {
    fault: 'does not list a session after a touch',
    make: () => new IndexForgetsTouched(),
    caughtBy: 'lists a session whose expiry was moved',
  },
  {
    fault: 'lists sessions that were deleted',
    make: () => new IndexKeepsDeadKeys(),
    caughtBy: 'lists neither what is over nor what was deleted',
  },
  {
    fault: 'changes a record that it has listed',
    make: () => new ListsRecordsOfItsOwn(),
    caughtBy: 'never changes a record that it has listed',
  },
  {
    fault: 'lists sessions that are over',
    make: () => new ListsExpired(),
    caughtBy: 'lists neither what is over nor what was deleted',
  },
  {
    fault: 'lists sessions in the wrong order',
    make: () => new ListsAsBegun(),
    caughtBy: 'lists the sessions of a principal, those begun last first, and of nobody else',
  },
  {
    fault: 'lists sessions without a limit',
    make: () => new ListsWithoutLimit(),
    caughtBy: 'lists the sessions of a principal, those begun last first, and of nobody else',
  },
  {
    fault: 'takes principals that differ in case for the same',
    make: () => new FoldsPrincipals((principal) => principal.toLowerCase()),
    caughtBy: 'keeps principals of any text apart',
  },
  {
    fault: 'takes principals that differ in Unicode normalisation for the same',
    make: () => new FoldsPrincipals((principal) => principal.normalize('NFC')),
    caughtBy: 'keeps principals of any text apart',
  },
  {
    fault: 'takes principals for the same whose lone surrogates differ',
    make: () => new FoldsPrincipals((principal) => Buffer.from(principal).toString()),
    caughtBy: 'keeps principals of any text apart',
  },
  {
    fault: 'ends the session that was to be kept',
    make: () => new EndsTheKeptOne(),
    caughtBy: 'removes all sessions of a principal but the kept one, and of nobody else',
  },
  {
    fault: 'does not end a session that is given another key meanwhile',
    make: () => new EndsWhatItListed(),
    caughtBy:
      'keeps no session that is given another key while all of its principal are removed, in 30 races',
  },
  {
    fault: 'strikes off a login that comes while all sessions are ended',
    make: () => new EndsByMovingOut(),
    caughtBy: 'keeps no session alive that is no longer listed, in 30 races of logins with the removal',
  },
];
