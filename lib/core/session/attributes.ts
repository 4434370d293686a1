import { type AttributeChange, type Changes, copyMap, NO_CHANGES } from '../store/session-record.js';
import { isJsonOf, toJsonText } from '../util/json-text.js';
import { attributesBefore, type Undo } from './attribute-checkpoint.js';
import { applicationName, applicationAttributes, storedName } from './attribute-name.js';
import { isLazyProperty, lazyAttribute, LazyTexts, plainValue } from './lazy-attribute.js';
import { joinUpdates, NO_UPDATES, withUpdate, type Updates } from './pending-updates.js';
import { asyncUpdateError, notRemovableError } from './session-errors.js';
import { ShownValues } from './shown-values.js';

const NOTHING: ReadonlyMap<string, string> = new Map();

/**
 * The attributes of one session: own enumerable properties of the session object, and the JSON text that each
 * was loaded from (its base).
 *
 * A loaded attribute is an accessor until it is first read or set, so that it is parsed on first read and
 * compared only if it may have changed. From then on it is an ordinary property. Short strings and whole
 * numbers are ordinary properties from the start, since an accessor is more expensive.
 */
export class SessionAttributes {
  readonly owner: object;
  readonly #reserved: ReadonlySet<string>;
  /** The base of each attribute, by name. The map is replaced, never changed. */
  #bases = NOTHING;
  /** The updates that no write carries yet. */
  #updates = NO_UPDATES;
  /** Made by the first save that was merged. */
  #shown: ShownValues | null = null;

  /** `reserved` are the names of the owner's own members, which no attribute can have. */
  constructor(owner: object, reserved: ReadonlySet<string>) {
    this.owner = owner;
    this.#reserved = reserved;
  }

  /** Replaces all attributes by those of a record. Reserved names are ignored. */
  hydrate(stored: ReadonlyMap<string, string>): void {
    if (this.#bases.size > 0 || Object.keys(this.owner).length > 0) this.keepOnly([]);
    const bases = applicationAttributes(stored, this.#reserved);
    const owner = this.owner as Record<string, unknown>;
    let hasLazy = false;
    for (const [name, text] of bases) {
      const value = name in owner ? undefined : plainValue(text);
      if (value !== undefined) {
        owner[name] = value;
        continue;
      }
      hasLazy = true;
      Object.defineProperty(owner, name, lazyAttribute(name));
    }
    // Set last: if a frozen session cannot take the attributes, they must not count as deleted.
    this.#bases = bases;
    if (hasLazy) LazyTexts.give(owner, bases);
  }

  /** Drops all attributes except the named ones. */
  keepOnly(names: readonly string[]): void {
    const bases = copyMap(this.#bases);
    for (const name of [...Object.keys(this.owner), ...this.#bases.keys()]) {
      if (names.includes(name)) continue;
      if (!Reflect.deleteProperty(this.owner, name)) throw notRemovableError(name);
      bases.delete(name);
    }
    this.#bases = bases;
  }

  /** Drops the loaded attributes, changed or not, and keeps added ones. Returns how many were dropped. */
  dropLoaded(): number {
    const loaded = [...this.#bases.keys()];
    this.keepOnly(Object.keys(this.owner).filter((name) => !this.#bases.has(name)));
    return loaded.length;
  }

  /**
   * The changes since the last commit, by stored name.
   * @throws SessionError `ERR_SESSION_VALUE`
   */
  changes(): Changes {
    const owner = this.owner as Record<string, unknown>;
    let changes: Map<string, AttributeChange> | null = null;
    const names = Object.keys(owner);
    let hasOthers = names.length !== this.#bases.size;
    let next = 0;
    for (const [name, from] of this.#bases) {
      if (names[next++] !== name) hasOthers = true;
      const to = this.#textOf(name, from);
      if (to !== from) (changes ??= new Map()).set(storedName(name), { from, to });
    }
    if (!hasOthers) return changes ?? NO_CHANGES;
    for (const name of names) {
      if (this.#bases.has(name)) continue;
      const to = toJsonText(owner[name], name);
      if (to !== null) (changes ??= new Map()).set(storedName(name), { from: null, to });
    }
    return changes ?? NO_CHANGES;
  }

  /**
   * The present texts of all attributes, by stored name. Pass the result of {@link changes} to reuse them.
   * @throws SessionError `ERR_SESSION_VALUE`
   */
  texts(changes: Changes = NO_CHANGES): Map<string, string> {
    const texts = new Map<string, string>();
    for (const name of Object.keys(this.owner)) {
      const stored = storedName(name);
      const change = changes.get(stored);
      const text = change === undefined ? this.text(name) : change.to;
      if (text !== null) texts.set(stored, text);
    }
    return texts;
  }

  /** The base of an attribute; `null` if it was absent. */
  base(name: string): string | null {
    return this.#bases.get(name) ?? null;
  }

  /** The text of an attribute as it is now; `null` if it is absent. */
  text(name: string): string | null {
    return this.#textOf(name, this.base(name));
  }

  /**
   * Changes one attribute by a function of its value. Keeps the function until other code changes it.
   * @throws SessionError `ERR_SESSION_VALUE` for an async function and for a result that JSON cannot
   * represent. The attribute does not change then.
   */
  update(name: string, change: (value: unknown) => unknown): unknown {
    const owner = this.owner as Record<string, unknown>;
    const before = this.text(name);
    const value = change(owner[name]);
    if (value instanceof Promise) throw asyncUpdateError(name, value);
    const after = toJsonText(value, name);
    owner[name] = value;
    this.#updates = withUpdate(this.#updates, storedName(name), { before, after, steps: [change] });
    return value;
  }

  /** See {@link attributesBefore}. */
  checkpoint(): Undo {
    const bases = this.#bases;
    return attributesBefore(this.owner, () => void (this.#bases = bases));
  }

  /** Takes the updates for a write. Updates that follow belong to the next write. */
  takeUpdates(): Updates {
    const taken = this.#updates;
    this.#updates = NO_UPDATES;
    return taken;
  }

  /** The write has failed: its updates come before those that were added since. */
  giveBack(taken: Updates): void {
    this.#updates = joinUpdates(taken, this.#updates);
  }

  /** The store has applied the changes: the bases change accordingly. */
  committed(changes: Changes): void {
    if (changes.size === 0) return;
    const bases = copyMap(this.#bases);
    for (const [stored, { to }] of changes) {
      const name = applicationName(stored);
      if (name === null) continue;
      if (to === null) bases.delete(name);
      else bases.set(name, to);
    }
    this.#bases = bases;
  }

  /** The store has saved these texts: they are the bases from now on. */
  saved(texts: ReadonlyMap<string, string>): void {
    const bases = new Map<string, string>();
    for (const [stored, text] of texts) {
      const name = applicationName(stored);
      if (name !== null) bases.set(name, text);
    }
    this.#bases = bases;
  }

  /**
   * Shows the stored texts, which contain changes of other requests, except where the application has changed
   * an attribute since. Call it after {@link committed} or {@link saved}.
   */
  showStored(stored: ReadonlyMap<string, string>): void {
    const held = applicationAttributes(stored, this.#reserved);
    this.#shown ??= new ShownValues(this.owner);
    this.#bases = this.#shown.show(this.#bases, held, (name) => this.text(name));
    LazyTexts.give(this.owner, this.#bases);
  }

  /** The text of the present value; `base` itself if the value was not read or is the same. */
  #textOf(name: string, base: string | null): string | null {
    const property = Object.getOwnPropertyDescriptor(this.owner, name);
    if (property === undefined || property.enumerable !== true) return null;
    if (base !== null && (isJsonOf(property.value, base) || isLazyProperty(property))) return base;
    const text = toJsonText((this.owner as Record<string, unknown>)[name], name);
    return this.#shown === null ? text : this.#shown.textFor(name, text, base);
  }
}
