import { toJsonText } from '../util/json-text.js';
import type { AttributeUpdate } from '../merge/rebase.js';
import type { SessionAttributes } from './attributes.js';
import { SessionError } from '../errors.js';
import { storedName } from './attribute-name.js';

/** Updates by stored name. */
export type Updates = ReadonlyMap<string, AttributeUpdate>;

/** What most requests have. */
export const NO_UPDATES: Updates = new Map();

/** Remembers which attributes were changed by functions of their value, so that a conflict can run these again. */
export class PendingUpdates {
  /** Made when there is one: few requests have any. */
  #updates: Map<string, AttributeUpdate> | null = null;

  /**
   * Changes an attribute of a session by a function, and remembers that, as long as nothing else changes it.
   * @throws SessionError `ERR_SESSION_VALUE` for an async function and for what JSON cannot carry; nothing is changed then.
   */
  apply(
    session: Record<string, unknown>,
    attributes: SessionAttributes,
    name: string,
    change: (value: unknown) => unknown,
  ): unknown {
    const before = attributes.text(name);
    const value = change(session[name]);
    if (value instanceof Promise) throw asyncError(name, value);
    const after = toJsonText(value, name);
    session[name] = value;
    this.#add(storedName(name), { before, after, steps: [change] });
    return value;
  }

  /** Hands out what a write carries; what comes while it is under way belongs to the next one. */
  take(): Updates {
    const taken = this.#updates ?? NO_UPDATES;
    this.#updates = null;
    return taken;
  }

  /** The write failed: what it carried waits for the next one, before what has come since. */
  giveBack(taken: Updates): void {
    const since = this.#updates;
    this.#updates = new Map(taken);
    if (since !== null) for (const [name, update] of since) this.#add(name, update);
  }

  #add(name: string, { before, after, steps }: AttributeUpdate): void {
    const updates = (this.#updates ??= new Map<string, AttributeUpdate>());
    const known = updates.get(name);
    const follows = known !== undefined && known.after === before;
    updates.set(
      name,
      follows ? { before: known.before, after, steps: [...known.steps, ...steps] } : { before, after, steps },
    );
  }
}

function asyncError(name: string, promise: Promise<unknown>): SessionError {
  // Nobody else can catch what it rejects with.
  promise.catch(() => undefined);
  return new SessionError(
    'ERR_SESSION_VALUE',
    `update(${JSON.stringify(name)}) was given an async function. Await what it needs first, then pass a function that returns the value.`,
  );
}
