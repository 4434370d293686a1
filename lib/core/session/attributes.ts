import { applicationName, applicationAttributes, storedName } from './attribute-name.js';
import { type AttributeChange, type Changes, copyMap, NO_CHANGES } from '../store/session-record.js';
import { toJsonText } from '../util/json-text.js';
import { SessionError } from '../errors.js';
import { ShownValues } from './shown-values.js';
import { isLazyGetter, plainValue, lazyAttribute, LazyTexts } from './lazy-attribute.js';

const NOTHING: ReadonlyMap<string, string> = new Map();

/**
 * The attributes of one session: own enumerable properties of the object that controllers hold, and beside them
 * the text that each began with.
 *
 * A loaded attribute is an accessor until someone reads or sets it, so that what nobody asks for is neither parsed
 * nor compared. From then on it is an ordinary property; plain words and whole numbers are from the start, since an
 * accessor costs more than they do.
 */
export class SessionAttributes {
  /** Name to the text that the local value began with: what a change is based on. Never changed, but replaced. */
  #known = NOTHING;
  /** What the store has taken over since: few requests go on after that, so it is worked out for those that do. */
  #committed = NO_CHANGES;
  /** The plain words and whole numbers among them, in the order of the bases; `undefined` for others. */
  #plainValues: readonly (string | number | boolean | undefined)[] = [];
  /** Made by the first save that was merged. */
  #shown: ShownValues | null = null;
  readonly #owner: object;
  readonly #reserved: ReadonlySet<string>;

  /** `reserved` are the names that belong to the owner itself and never to data. */
  constructor(owner: object, reserved: ReadonlySet<string>) {
    this.#owner = owner;
    this.#reserved = reserved;
  }

  /** Replaces all attributes by those of a record. Names that belong to the session itself are left in the store. */
  hydrate(stored: ReadonlyMap<string, string>): void {
    if (this.#bases.size > 0 || Object.keys(this.#owner).length > 0) this.keepOnly([]);
    const bases = applicationAttributes(stored, this.#reserved);
    const plainValues = new Array<string | number | boolean | undefined>(bases.size);
    let [at, hasUnread] = [0, false];
    for (const [name, text] of bases) {
      const value = name in this.#owner ? undefined : plainValue(text);
      plainValues[at++] = value;
      if (value !== undefined) {
        (this.#owner as Record<string, unknown>)[name] = value;
        continue;
      }
      hasUnread = true;
      Object.defineProperty(this.#owner, name, lazyAttribute(name));
    }
    // Last: where the session cannot take them (it was frozen), they must not look like deleted.
    this.#known = bases;
    this.#plainValues = plainValues;
    if (hasUnread) LazyTexts.give(this.#owner, bases);
  }

  /** Drops all attributes but the named ones. */
  keepOnly(names: readonly string[]): void {
    const bases = copyMap(this.#bases);
    for (const name of [...Object.keys(this.#owner), ...this.#bases.keys()]) {
      if (names.includes(name)) continue;
      if (!Reflect.deleteProperty(this.#owner, name)) {
        throw new SessionError(
          'ERR_SESSION_NAME',
          `The attribute ${name} of a session cannot be removed: it was made not configurable.`,
        );
      }
      bases.delete(name);
    }
    this.#rebase(bases);
  }

  /** Drops what came from a record, changed or not, and leaves what was set anew; answers how many that were. */
  dropLoaded(): number {
    const loaded = [...this.#bases.keys()];
    this.keepOnly(Object.keys(this.#owner).filter((name) => !this.#bases.has(name)));
    return loaded.length;
  }

  /**
   * What was changed since the last commit, by stored name.
   *
   * @throws SessionError `ERR_SESSION_VALUE`
   */
  changes(): Changes {
    let changes: Map<string, AttributeChange> | null = null;
    const names = Object.keys(this.#owner);
    let hasOthers = names.length !== this.#bases.size;
    let next = 0;
    for (const [name, from] of this.#bases) {
      const at = next++;
      if (names[at] !== name) hasOthers = true;
      else if (this.#isPlainAsLoaded(name, at)) continue;
      const to = this.#textOf(name, from);
      if (to !== from) (changes ??= new Map()).set(storedName(name), { from, to });
    }
    if (!hasOthers) return changes ?? NO_CHANGES;
    for (const name of names) {
      if (this.#bases.has(name)) continue;
      const to = toJsonText((this.#owner as Record<string, unknown>)[name], name);
      if (to !== null) (changes ??= new Map()).set(storedName(name), { from: null, to });
    }
    return changes ?? NO_CHANGES;
  }

  /** A value that can be told to be the same without writing it. */
  #isPlainAsLoaded(name: string, at: number): boolean {
    const value = this.#plainValues[at];
    return value !== undefined && (this.#owner as Record<string, unknown>)[name] === value;
  }

  /**
   * All attributes as they are now, by stored name. What {@link changes} has just told is not written once more.
   *
   * @throws SessionError `ERR_SESSION_VALUE`
   */
  texts(changes: Changes = NO_CHANGES): Map<string, string> {
    const texts = new Map<string, string>();
    for (const name of Object.keys(this.#owner)) {
      const stored = storedName(name);
      const change = changes.get(stored);
      const text = change === undefined ? this.text(name) : change.to;
      if (text !== null) texts.set(stored, text);
    }
    return texts;
  }

  /** The text that an attribute began with; `null` for one that was not there. */
  base(name: string): string | null {
    return this.#bases.get(name) ?? null;
  }

  /** The text of an attribute as it is now; `null` for one that is not there. */
  text(name: string): string | null {
    return this.#textOf(name, this.base(name));
  }

  /** The store has the changes: they are what later ones are based on. */
  committed(changes: Changes): void {
    if (this.#committed !== NO_CHANGES) this.#catchUp();
    this.#committed = changes;
  }

  get #bases(): ReadonlyMap<string, string> {
    if (this.#committed !== NO_CHANGES) this.#catchUp();
    return this.#known;
  }

  #catchUp(): void {
    const bases = copyMap(this.#known);
    for (const [stored, { to }] of this.#committed) {
      const name = applicationName(stored);
      if (name === null) continue;
      if (to === null) bases.delete(name);
      else bases.set(name, to);
    }
    this.#rebase(bases);
  }

  /** The store has filed these texts: they are all that later changes are based on. */
  filed(texts: ReadonlyMap<string, string>): void {
    const bases = new Map<string, string>();
    for (const [stored, text] of texts) {
      const name = applicationName(stored);
      if (name !== null) bases.set(name, text);
    }
    this.#rebase(bases);
  }

  /**
   * The store holds these texts, merged with what others have changed: shows them, except where the application has
   * changed an attribute since. Follows {@link committed} or {@link filed}.
   */
  showStored(stored: ReadonlyMap<string, string>): void {
    const held = applicationAttributes(stored, this.#reserved);
    this.#shown ??= new ShownValues(this.#owner);
    this.#rebase(this.#shown.show(this.#bases, held, (name) => this.text(name)));
    LazyTexts.give(this.#owner, this.#known);
  }

  #rebase(bases: ReadonlyMap<string, string>): void {
    this.#known = bases;
    this.#committed = NO_CHANGES;
    this.#plainValues = [];
  }

  /** The text of a local value; of one that was not read, the text that it has. */
  #textOf(name: string, base: string | null): string | null {
    const property = Object.getOwnPropertyDescriptor(this.#owner, name);
    if (property === undefined || property.enumerable !== true) return null;
    const { get } = property as { readonly get?: (this: object) => unknown };
    if (base !== null && get !== undefined && isLazyGetter(get)) return base;
    const text = toJsonText((this.#owner as Record<string, unknown>)[name], name);
    return this.#shown === null ? text : this.#shown.standingFor(name, text, base);
  }
}
