import { toJsonText } from './json-text.js';
import type { AttributeUpdate } from './rebase-changes.js';
import { storedName, type SessionAttributes } from './session-attributes.js';

/** Remembers which attributes were changed by functions of their value, so that a conflict can run these again. */
export class AttributeUpdates {
  /** By stored name. */
  readonly byName = new Map<string, AttributeUpdate>();

  /** Changes an attribute of a session by a function, and remembers that, as long as nothing else changes it. */
  apply(
    session: Record<string, unknown>,
    attributes: SessionAttributes,
    name: string,
    change: (value: unknown) => unknown,
  ): unknown {
    const before = attributes.text(name);
    const known = this.byName.get(storedName(name));
    const value = change(session[name]);
    session[name] = value;
    const after = toJsonText(value, name);
    if (known !== undefined && known.after === before) {
      this.byName.set(storedName(name), { before: known.before, after, steps: [...known.steps, change] });
    } else if (before === attributes.base(name)) {
      this.byName.set(storedName(name), { before, after, steps: [change] });
    }
    return value;
  }
}
