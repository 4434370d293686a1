import { applyPatch, type SessionKey, type SessionPatch, type SessionRecord } from 'nest-session';
import type { Mutant } from './mutant.js';
import { roundTrip, ReferenceStore } from './reference-store.js';

/** The record after a patch, without a comparison. */
function forced(record: SessionRecord, patch: SessionPatch): SessionRecord {
  const changes = [...patch.changes].map(
    ([name, { to }]): [string, { from: string | null; to: string | null }] => [
      name,
      { from: record.attributes.get(name) ?? null, to },
    ],
  );
  const principal = { ...patch.principal, from: record.principal };
  return applyPatch(record, { ...patch, principal, changes: new Map(changes) })!;
}

class ComparesNothing extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    return forced(record, patch);
  }
}

class ComparesOnlyWhatItSets extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const changes = new Map([...patch.changes].filter(([, { from, to }]) => from !== to));
    return super.patched(record, { ...patch, changes });
  }
}

class TakesAbsentForAnything extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const held = record.attributes;
    const changes = new Map(
      [...patch.changes].map(([name, { from, to }]) => [name, { from: from ?? held.get(name) ?? null, to }]),
    );
    return super.patched(record, { ...patch, changes });
  }
}

class ComparesNoPrincipal extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    return super.patched(record, { ...patch, principal: { ...patch.principal, from: record.principal } });
  }
}

class MovesExpiryAtConflict extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record !== null && applyPatch(record, patch) === null)
      this.records.set(key, { ...record, expiresAt: patch.expiresAt });
    return super.patch(key, patch);
  }
}

/** Returns the right conflict, but changes the stored record. */
class MovesExpiryAfterConflict extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null || applyPatch(record, patch) !== null) return super.patch(key, patch);
    this.records.set(key, { ...record, expiresAt: patch.expiresAt });
    return { conflict: record };
  }
}

class ReadsThenWrites extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null) return 'missing';
    const next = applyPatch(record, patch);
    if (next === null) return { conflict: record };
    await roundTrip();
    if (!this.records.has(key)) return 'missing';
    this.records.set(key, next);
    return 'applied' as const;
  }
}

class ComparesThenWrites extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null) return 'missing';
    if (applyPatch(record, patch) === null) return { conflict: record };
    await roundTrip();
    const held = this.readable(key);
    if (held === null) return 'missing';
    this.records.set(key, forced(held, patch));
    return 'applied' as const;
  }
}

/** The same patch, with some of its changes. */
const some = (patch: SessionPatch, from: number, to: number): SessionPatch => ({
  ...patch,
  changes: new Map([...patch.changes].slice(from, to)),
});

class WritesManyInTwoSteps extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null || patch.changes.size <= 64) return super.patch(key, patch);
    if (applyPatch(record, patch) === null) return { conflict: record };
    this.records.set(key, forced(record, some(patch, 0, 64)));
    await roundTrip();
    const held = this.readable(key);
    if (held === null) return 'missing';
    this.records.set(key, { ...forced(held, patch), revision: record.revision + 1 });
    return 'applied' as const;
  }
}

class ComparesManyInPortions extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const revision = this.readable(key)?.revision ?? 0;
    for (let at = 0; at === 0 || at < patch.changes.size; at += 64) {
      const result = await super.patch(key, some(patch, at, at + 64));
      if (result !== 'applied') return result;
    }
    const record = this.readable(key)!;
    this.records.set(key, { ...record, revision: Math.min(record.revision, revision + 1) });
    return 'applied' as const;
  }
}

class ComparesManyTooEarly extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null || patch.changes.size <= 64) return super.patch(key, patch);
    if (applyPatch(record, patch) === null) return { conflict: record };
    await roundTrip();
    const held = this.readable(key);
    if (held === null) return 'missing';
    this.records.set(key, forced(held, patch));
    return 'applied' as const;
  }
}

/** The fault of JSON_MERGE_PATCH in MariaDB 10.11: with the first member it removes the next one. */
class LosesWhatFollows extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const next = super.patched(record, patch);
    const [first, second = ''] = [...record.attributes.keys()];
    if (next === null || first === undefined || next.attributes.has(first)) return next;
    return { ...next, attributes: new Map([...next.attributes].filter(([name]) => name !== second)) };
  }
}

class PatchesInPlace extends ReferenceStore {
  override async patch(key: SessionKey, patch: SessionPatch) {
    const record = this.readable(key);
    if (record === null) return 'missing';
    const next = applyPatch(record, patch);
    if (next === null) return { conflict: record };
    const attributes = record.attributes as Map<string, string>;
    attributes.clear();
    for (const [name, text] of next.attributes) attributes.set(name, text);
    this.records.set(key, { ...next, attributes });
    return 'applied' as const;
  }
}

class TouchesInPlace extends ReferenceStore {
  override patched(record: SessionRecord, patch: SessionPatch) {
    const next = super.patched(record, patch);
    return next === null || patch.changes.size > 0 ? next : Object.assign(record, next);
  }
}

class ClearsWhatIsGone extends ReferenceStore {
  override async delete(key: SessionKey) {
    (this.readable(key)?.attributes as Map<string, string> | undefined)?.clear();
    return super.delete(key);
  }
}

/** Empties a returned record when the session is rekeyed. */
class ClearsWhatMoves extends ReferenceStore {
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    const former = this.readable(from);
    const result = await super.rekey(from, to, record, revision);
    if (result === 'applied') (former!.attributes as Map<string, string>).clear();
    return result;
  }
}

const RETURNED = 'never changes a record that it has returned';

/** Mutants of `patch`, and of the records that stores return. */
export const PATCH_MUTANTS: readonly Mutant[] = [
  {
    fault: 'applies a patch without comparing its base',
    make: () => new ComparesNothing(),
    caughtBy:
      'applies nothing of a patch that is based on other values, and returns its record as the conflict',
  },
  {
    fault: 'does not compare an attribute that a patch names without changing it',
    make: () => new ComparesOnlyWhatItSets(),
    caughtBy: 'compares an attribute that a patch names without changing it',
  },
  {
    fault: 'overwrites an attribute that was added meanwhile',
    make: () => new TakesAbsentForAnything(),
    caughtBy: 'returns a conflict for an attribute that was added or removed meanwhile',
  },
  {
    fault: 'does not compare the principal',
    make: () => new ComparesNoPrincipal(),
    caughtBy: 'principals > returns a conflict for a patch that is based on another principal',
  },
  {
    fault: 'moves the expiry before a conflict',
    make: () => new MovesExpiryAtConflict(),
    caughtBy:
      'applies nothing of a patch that is based on other values, and returns its record as the conflict',
  },
  {
    fault: 'moves the expiry after a conflict',
    make: () => new MovesExpiryAfterConflict(),
    caughtBy:
      'applies nothing of a patch that is based on other values, and returns its record as the conflict',
  },
  {
    fault: 'reads a record, and writes all of it later',
    make: () => new ReadsThenWrites(),
    caughtBy: 'keeps the changes of 100 concurrent patches that each set another attribute',
  },
  {
    fault: 'compares a patch, and writes it later',
    make: () => new ComparesThenWrites(),
    caughtBy: 'lets exactly one of 20 concurrent patches with the same base succeed',
  },
  {
    fault: 'applies a patch of many changes in two steps',
    make: () => new WritesManyInTwoSteps(),
    caughtBy: 'shows a patch of 100 changes completely or not at all to concurrent loads',
  },
  {
    fault: 'compares and applies a patch of many changes in portions',
    make: () => new ComparesManyInPortions(),
    caughtBy: 'applies none of 100 changes if one of them is based on another value',
  },
  {
    fault: 'compares a patch of many changes, and writes it later',
    make: () => new ComparesManyTooEarly(),
    caughtBy: 'lets exactly one of two concurrent patches of 100 changes succeed, with all its changes',
  },
  {
    fault: 'loses an attribute when another one is removed before it',
    make: () => new LosesWhatFollows(),
    caughtBy: 'sets and removes attributes in any order of the changes of a patch',
  },
  { fault: 'patches a record that it returned', make: () => new PatchesInPlace(), caughtBy: RETURNED },
  { fault: 'touches a record that it returned', make: () => new TouchesInPlace(), caughtBy: RETURNED },
  {
    fault: 'empties a returned record when the session is deleted',
    make: () => new ClearsWhatIsGone(),
    caughtBy: RETURNED,
  },
  {
    fault: 'empties a returned record when the session is rekeyed',
    make: () => new ClearsWhatMoves(),
    caughtBy: RETURNED,
  },
];
