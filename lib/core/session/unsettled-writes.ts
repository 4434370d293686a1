import type { Updates } from './pending-updates.js';
import type { AttributeUpdate } from '../merge/rebase.js';
import type { AttributeChange, Changes, SessionPatch, SessionRecord } from '../store/session-record.js';
import { applicationName } from './attribute-name.js';

/** What a request wants to write: attributes, and the functions that made some of them. */
export interface Wanted {
  readonly changes: Changes;
  readonly updates: Updates;
}

/** A patch that failed: the store may have applied it all the same, at once or after a timeout. */
export interface UnsettledWrite extends Wanted {
  /** What was sent: the wanted changes, merged with those of others where there were any. */
  readonly patch: SessionPatch;
}

/** Writes of one session that failed, of which it is not known whether the store has applied them. */
export interface Unsettled {
  /** The record as it was to be moved to the present id. */
  readonly moved: SessionRecord | null;
  /** The patches that carried functions. */
  readonly patches: readonly UnsettledWrite[];
}

/** What most requests have. */
export const NOTHING_UNSETTLED: Unsettled = { moved: null, patches: [] };

/**
 * What is left to write where a record shows that one of the unsettled writes was applied: functions that it carried must
 * not run again. `baseOf` returns the text that the session is based on, by the application's name.
 *
 * A record shows it as long as no other request has written since. Afterwards nothing tells who counted what, and the
 * functions run again.
 */
export function leftToWrite(
  wanted: Wanted,
  held: SessionRecord,
  writes: readonly UnsettledWrite[],
  baseOf: (name: string) => string | null,
): Wanted {
  const applied = writes.find(({ patch }) => isLastWrite(patch, held));
  if (applied === undefined) return wanted;
  return {
    changes: changesSince(applied.changes, wanted.changes, baseOf),
    updates: updatesSince(applied.updates, wanted.updates),
  };
}

function isLastWrite({ touchedAt, expiresAt, changes }: SessionPatch, held: SessionRecord): boolean {
  if (held.touchedAt !== touchedAt || held.expiresAt !== expiresAt) return false;
  for (const [name, { to }] of changes) if ((held.attributes.get(name) ?? null) !== to) return false;
  return true;
}

function changesSince(applied: Changes, changes: Changes, baseOf: (name: string) => string | null): Changes {
  const left = new Map<string, AttributeChange>(changes);
  for (const [stored, { to: from }] of applied) {
    const later = changes.get(stored);
    const name = applicationName(stored);
    if (later !== undefined) left.set(stored, { from, to: later.to });
    // It is again what the session is based on, so that it does not count as changed.
    else if (name !== null) left.set(stored, { from, to: baseOf(name) });
  }
  return left;
}

function updatesSince(applied: Updates, updates: Updates): Updates {
  const left = new Map<string, AttributeUpdate>();
  for (const [name, update] of updates) {
    const before = applied.get(name);
    if (before === undefined || !isContinued(before, update)) left.set(name, update);
    else left.set(name, { ...update, before: before.after, steps: update.steps.slice(before.steps.length) });
  }
  return left;
}

const isContinued = (before: AttributeUpdate, update: AttributeUpdate): boolean =>
  update.before === before.before && before.steps.every((step, at) => step === update.steps[at]);
