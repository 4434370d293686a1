import type { Updates } from './pending-updates.js';
import type { AttributeUpdate } from '../merge/rebase.js';
import type { AttributeChange, Changes, SessionPatch, SessionRecord } from '../store/session-record.js';
import { applicationName } from './attribute-name.js';

/** What a request has to write: changes, and the functions that made some of them. */
export interface Wanted {
  readonly changes: Changes;
  readonly updates: Updates;
}

/** A patch that failed. The store may have applied it all the same, immediately or after the timeout. */
export interface UnsettledWrite extends Wanted {
  /** The patch that was sent: the wanted changes, merged with those of other requests. */
  readonly patch: SessionPatch;
}

/** The writes of one session that failed, and that the store may have applied. */
export interface Unsettled {
  /** The record that was sent with a move to the present id. */
  readonly moved: SessionRecord | null;
  /** The patches that carried functions. */
  readonly patches: readonly UnsettledWrite[];
}

/** No unsettled writes, as in most requests. */
export const NOTHING_UNSETTLED: Unsettled = { moved: null, patches: [] };

/**
 * What is left to write to a record. If the record shows that the store has applied one of the unsettled
 * writes, its functions must not run again. `baseOf` returns the base of an attribute, by the application's
 * name.
 *
 * A record shows it until another request writes. After that the functions run again, since nothing shows
 * what was applied.
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
    // The session has the base value again, so it does not count as changed there.
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
