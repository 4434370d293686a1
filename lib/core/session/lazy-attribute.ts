import { SessionError } from '../errors.js';

interface Accessor {
  readonly get: (this: object) => unknown;
  readonly set: (this: object, value: unknown) => void;
  readonly enumerable: true;
  readonly configurable: true;
}

/** A class whose constructor gives back what it is given: what extends it adds its private fields to that. */
const Given = function (owner: object): object {
  return owner;
} as unknown as new (owner: object) => object;

/**
 * The texts of a session's attributes, for the accessors: these are shared by all sessions, so that none is made per request.
 * A private field of the session itself; a weak map would cost the collector more than all the rest.
 */
export class LazyTexts extends Given {
  #texts: ReadonlyMap<string, string>;

  private constructor(owner: object, texts: ReadonlyMap<string, string>) {
    super(owner);
    this.#texts = texts;
  }

  static give(owner: object, texts: ReadonlyMap<string, string>): void {
    if (#texts in owner) owner.#texts = texts;
    else new LazyTexts(owner, texts);
  }

  static of(owner: object): ReadonlyMap<string, string> | undefined {
    return #texts in owner ? owner.#texts : undefined;
  }
}

const PLAIN_WORD = /^"[\x20-\x21\x23-\x5b\x5d-\x7e]{0,64}"$/;
const WHOLE_NUMBER = /^(0|-?[1-9][0-9]{0,14})$/;

/** The value of a short text that reads and writes as it stands; `undefined` for any other. */
export function plainValue(text: string): string | number | boolean | undefined {
  if (text.length > 66) return undefined;
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (PLAIN_WORD.test(text)) return text.slice(1, -1);
  return WHOLE_NUMBER.test(text) ? Number(text) : undefined;
}

const accessors = new Map<string, Accessor>();
const MOST_ACCESSORS = 1000;
/** The getters that are ours, cached or not. */
const ours = new WeakSet<(this: object) => unknown>();

/** Whether a property is an attribute that was not read yet. */
export function isLazy(property: PropertyDescriptor): boolean {
  const { get } = property as { readonly get?: (this: object) => unknown };
  return get !== undefined && ours.has(get);
}

/** What stands for an attribute until someone reads or sets it. */
export function lazyAttribute(name: string): Accessor {
  let accessor = accessors.get(name);
  if (accessor === undefined) {
    accessor = {
      get(this: object): unknown {
        const texts = LazyTexts.of(this);
        // Else what it cannot read would be saved as absent.
        if (texts === undefined) throw new TypeError('A session cannot be read through a Proxy.');
        const text = texts.get(name);
        const value = text === undefined ? undefined : parse(text, name);
        become(this, name, value);
        return value;
      },
      set(this: object, value: unknown) {
        if (!become(this, name, value))
          throw new TypeError(`Cannot assign to ${name}: the session is frozen.`);
      },
      enumerable: true,
      configurable: true,
    };
    ours.add(accessor.get);
    // Names come from applications and are few; where they are made up at run time, the cache still has an end.
    if (accessors.size < MOST_ACCESSORS) accessors.set(name, accessor);
  }
  return accessor;
}

/** Makes an ordinary property of an attribute; `false` where the session was frozen. */
function become(owner: object, name: string, value: unknown): boolean {
  return Reflect.defineProperty(owner, name, { value, writable: true, enumerable: true, configurable: true });
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text.
    throw new SessionError(
      'ERR_SESSION_VALUE',
      `The attribute ${name} of a session cannot be read: the store holds no JSON under its name.`,
    );
  }
}
