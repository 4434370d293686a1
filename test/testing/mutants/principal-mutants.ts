import type { StoredSession, SessionKey, SessionPatch, SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { roundTrip, ReferenceStore } from './reference-store.js';

/** A store with a separate index. Mutants update it incompletely. */
class Indexed extends ReferenceStore {
  readonly index = new Map<SessionKey, string>();

  override async create(key: SessionKey, record: SessionRecord) {
    const result = await super.create(key, record);
    if (result === 'created' && record.principal !== null) this.index.set(key, record.principal);
    return result;
  }

  override async listByPrincipal(principal: string, at: number, limit: number) {
    const listed = await super.listByPrincipal(principal, at, Infinity);
    return listed.filter(({ key }) => this.index.get(key) === principal).slice(0, limit);
  }
}

class IndexForgetsLogins extends Indexed {
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    const result = await super.rekey(from, to, record, revision);
    if (result === 'applied' && record.principal !== null) this.index.set(to, record.principal);
    return result;
  }
}

class IndexForgetsRekeys extends Indexed {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const result = await super.patch(key, patch);
    if (result === 'applied' && patch.principal.to !== null) this.index.set(key, patch.principal.to);
    return result;
  }
}

class IndexForgetsTouched extends Indexed {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const result = await super.patch(key, patch);
    if (result === 'applied') this.index.delete(key);
    return result;
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

  override write(key: SessionKey, record: SessionRecord) {
    super.write(key, record);
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
    return this.stored()
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
    const matching = this.stored().filter(
      ({ key, record }) => key !== keep && record.principal === principal,
    );
    await roundTrip();
    return matching.filter(({ key }) => this.records.delete(key)).length;
  }
}

class EndsByMovingOut extends Indexed {
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    const result = await super.rekey(from, to, record, revision);
    if (result === 'applied') await roundTrip();
    if (result === 'applied' && record.principal !== null) this.index.set(to, record.principal);
    return result;
  }

  override async patch(key: SessionKey, patch: SessionPatch) {
    const result = await super.patch(key, patch);
    if (result === 'applied' && patch.principal.to !== null) this.index.set(key, patch.principal.to);
    return result;
  }

  override async deleteByPrincipal(principal: string, keep: SessionKey | null) {
    const listed = [...this.index].filter(([key, one]) => one === principal && key !== keep);
    await roundTrip();
    let count = 0;
    for (const [key] of listed) {
      this.index.set(key, '');
      if (this.records.delete(key)) count++;
    }
    // A login that is listed meanwhile is removed from the index with the others, and its session stays.
    for (const { key, record } of this.stored())
      if (record.principal === principal && key !== keep) this.index.delete(key);
    return count;
  }
}

/** Mutants of the index of principals. */
export const PRINCIPAL_MUTANTS: readonly Mutant[] = [
  {
    fault: 'does not list a session that a patch assigns to a principal',
    make: () => new IndexForgetsLogins(),
    caughtBy: 'lists a session under its current principal and key after patches and a rekey',
  },
  {
    fault: 'does not list a session under its new key',
    make: () => new IndexForgetsRekeys(),
    caughtBy: 'lists a session under its current principal and key after patches and a rekey',
  },
  {
    fault: 'does not list a session after a touch',
    make: () => new IndexForgetsTouched(),
    caughtBy: 'lists a session whose expiry was moved',
  },
  {
    fault: 'lists sessions that were deleted',
    make: () => new IndexKeepsDeadKeys(),
    caughtBy: 'lists no expired and no deleted session',
  },
  {
    fault: 'changes a record that it has listed',
    make: () => new ListsRecordsOfItsOwn(),
    caughtBy: 'never changes a record that it has listed',
  },
  {
    fault: 'lists expired sessions',
    make: () => new ListsExpired(),
    caughtBy: 'lists no expired and no deleted session',
  },
  {
    fault: 'lists sessions in the wrong order',
    make: () => new ListsAsBegun(),
    caughtBy: 'lists the sessions of one principal only, newest first',
  },
  {
    fault: 'lists sessions without a limit',
    make: () => new ListsWithoutLimit(),
    caughtBy: 'lists the sessions of one principal only, newest first',
  },
  {
    fault: 'does not distinguish principals that differ in case',
    make: () => new FoldsPrincipals((principal) => principal.toLowerCase()),
    caughtBy: 'distinguishes principals of any text',
  },
  {
    fault: 'does not distinguish principals that differ in Unicode normalisation',
    make: () => new FoldsPrincipals((principal) => principal.normalize('NFC')),
    caughtBy: 'distinguishes principals of any text',
  },
  {
    fault: 'does not distinguish principals with different lone surrogates',
    make: () => new FoldsPrincipals((principal) => Buffer.from(principal).toString()),
    caughtBy: 'distinguishes principals of any text',
  },
  {
    fault: 'deletes the session to keep',
    make: () => new EndsTheKeptOne(),
    caughtBy: 'deletes the sessions of one principal only, except the kept one',
  },
  {
    fault: 'does not delete a session that moves to another key meanwhile',
    make: () => new EndsWhatItListed(),
    caughtBy: 'deletes a session that moves to another key during deleteByPrincipal(), in 30 races',
  },
  {
    fault: 'removes a concurrent login from the index during deleteByPrincipal()',
    make: () => new EndsByMovingOut(),
    caughtBy: 'lists every session that survives deleteByPrincipal(), in 30 races with logins',
  },
].map((mutant) => ({ ...mutant, caughtBy: `principals > ${mutant.caughtBy}` }));
