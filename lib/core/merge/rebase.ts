import { toJsonText } from '../util/json-text.js';
import { threeWayMerge, type Json } from './three-way-merge.js';
import type { AttributeChange } from '../store/session-record.js';

/** An attribute that functions of its value have changed, with its text before and after. */
export interface AttributeUpdate {
  readonly before: string | null;
  readonly after: string | null;
  readonly steps: readonly ((value: unknown) => unknown)[];
}

/**
 * Bases the changes on what the store holds now: functions run again on that value, and everything else is
 * merged leaf by leaf. All maps are by stored name.
 */
export function rebaseChanges(
  changes: ReadonlyMap<string, AttributeChange>,
  held: ReadonlyMap<string, string>,
  updates: ReadonlyMap<string, AttributeUpdate>,
): Map<string, AttributeChange> {
  const rebased = new Map<string, AttributeChange>();
  for (const [name, change] of changes) {
    const theirs = held.get(name) ?? null;
    rebased.set(name, { from: theirs, to: rebaseText(name, change, theirs, updates.get(name)) });
  }
  return rebased;
}

/** What of a record is carried over to a new id: all of it, or the attributes with these stored names. */
export type Carried = 'all' | ReadonlySet<string>;

/** The attributes of a record that are carried over to a new id, with the changes applied to them. */
export function carryOver(
  held: ReadonlyMap<string, string>,
  carried: Carried,
  changes: ReadonlyMap<string, AttributeChange>,
  updates: ReadonlyMap<string, AttributeUpdate>,
): Map<string, string> {
  const attributes = new Map([...held].filter(([name]) => carried === 'all' || carried.has(name)));
  for (const [name, { to }] of rebaseChanges(changes, attributes, updates)) {
    if (to === null) attributes.delete(name);
    else attributes.set(name, to);
  }
  return attributes;
}

function rebaseText(
  name: string,
  { from, to }: AttributeChange,
  theirs: string | null,
  update: AttributeUpdate | undefined,
): string | null {
  if (theirs === from) return to;
  if (update !== undefined && update.before === from && update.after === to) {
    const value = update.steps.reduce((current, step) => step(current), parse(theirs) as unknown);
    return toJsonText(value, name);
  }
  return toJsonText(threeWayMerge(parse(from), parse(theirs), parse(to)), name);
}

/** A text that is not JSON counts as absent: the message of the parser would quote it. */
function parse(text: string | null): Json | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
