import type { AttributeUpdate } from '../merge/rebase.js';

/** The attributes that were changed by functions, by stored name: on a conflict the functions run again. */
export type Updates = ReadonlyMap<string, AttributeUpdate>;

/** No updates, as in most requests. */
export const NO_UPDATES: Updates = new Map();

/** Adds an update. It continues an earlier one unless something else has changed the attribute since. */
export function withUpdate(updates: Updates, name: string, update: AttributeUpdate): Updates {
  const before = updates.get(name);
  const isContinued = before !== undefined && before.after === update.before;
  const whole = isContinued
    ? { before: before.before, after: update.after, steps: [...before.steps, ...update.steps] }
    : update;
  return new Map([...updates, [name, whole]]);
}

/** The updates of a failed write, followed by later ones. */
export function joinUpdates(first: Updates, later: Updates): Updates {
  let joined = first;
  for (const [name, update] of later) joined = withUpdate(joined, name, update);
  return joined;
}
