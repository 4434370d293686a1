import { copyMap } from '../store/session-record.js';
import { changeInPlace } from '../util/json-in-place.js';
import { toJsonText } from '../util/json-text.js';
import type { Json } from '../merge/three-way-merge.js';
import { lazyAttribute } from './lazy-attribute.js';

/** The attributes of one session that were changed to show stored values. */
export class ShownValues {
  readonly #owner: object;
  /** The values that were changed in place. Their names may have another order than in the stored text. */
  readonly #inPlace = new Map<string, { readonly stored: string; readonly local: string | null }>();

  constructor(owner: object) {
    this.#owner = owner;
  }

  /**
   * Shows the stored texts in place of the bases, except where the application has changed an attribute
   * since. `textOf` returns the text of an attribute as it is now. Returns the new bases.
   */
  show(
    bases: ReadonlyMap<string, string>,
    stored: ReadonlyMap<string, string>,
    textOf: (name: string) => string | null,
  ): Map<string, string> {
    const shown = copyMap(bases);
    for (const name of new Set([...bases.keys(), ...stored.keys()])) {
      const [from, to] = [bases.get(name) ?? null, stored.get(name) ?? null];
      if (from === to || !isUnchanged(from, name, textOf) || !this.#put(name, to)) continue;
      if (to === null) shown.delete(name);
      else shown.set(name, to);
    }
    return shown;
  }

  /** The text of an attribute, or the stored text that it shows. */
  textFor(name: string, local: string | null, base: string | null): string | null {
    const shown = this.#inPlace.get(name);
    return shown !== undefined && shown.local === local && shown.stored === base ? base : local;
  }

  /** `false` if the session is frozen. */
  #put(name: string, text: string | null): boolean {
    if (text === null) return Reflect.deleteProperty(this.#owner, name);
    const value: unknown = Object.getOwnPropertyDescriptor(this.#owner, name)?.value;
    if (typeof value !== 'object' || value === null || !changedInPlace(value, text))
      return Reflect.defineProperty(this.#owner, name, lazyAttribute(name));
    this.#inPlace.set(name, { stored: text, local: toJsonText(value, name) });
    return true;
  }
}

/** Whether an attribute has its base text. A value that JSON cannot represent was changed. */
function isUnchanged(base: string | null, name: string, textOf: (name: string) => string | null): boolean {
  try {
    return textOf(name) === base;
  } catch {
    return false;
  }
}

/** `false` if the object cannot hold the stored value, or the text is not JSON. */
function changedInPlace(value: object, text: string): boolean {
  const holder: { value: unknown } = { value };
  try {
    changeInPlace(holder, { value: JSON.parse(text) as Json }, () => false);
  } catch {
    return false;
  }
  return holder.value === value;
}
