import type { AttributeUpdate } from '../merge/rebase.js';

/** The attributes that functions of their value have changed, by stored name: a conflict runs the functions again. */
export type Updates = ReadonlyMap<string, AttributeUpdate>;

/** What most requests have. */
export const NO_UPDATES: Updates = new Map();

/** The updates with another one. It continues an earlier one of the same attribute if nothing else has changed that since. */
export function withUpdate(updates: Updates, name: string, update: AttributeUpdate): Updates {
  const before = updates.get(name);
  const isContinued = before !== undefined && before.after === update.before;
  const whole = isContinued
    ? { before: before.before, after: update.after, steps: [...before.steps, ...update.steps] }
    : update;
  return new Map([...updates, [name, whole]]);
}

/** The updates of a write that failed, followed by those that came later. */
export function joinUpdates(first: Updates, later: Updates): Updates {
  let joined = first;
  for (const [name, update] of later) joined = withUpdate(joined, name, update);
  return joined;
}
