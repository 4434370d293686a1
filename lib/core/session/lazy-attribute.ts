import { SessionError } from '../errors.js';

interface Accessor {
  readonly get: (this: object) => unknown;
  readonly set: (this: object, value: unknown) => void;
  readonly enumerable: true;
  readonly configurable: true;
}

/** A class whose constructor returns its argument: a subclass adds its private fields to that object. */
const ReturnsOwner = function (owner: object): object {
  return owner;
} as unknown as new (owner: object) => object;

/**
 * The texts of a session's attributes, for the accessors: all sessions share those, so that no accessor is
 * made per request. They are a private field of the session object. A weak map would be far more expensive
 * for the garbage collector.
 */
export class LazyTexts extends ReturnsOwner {
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

/** The value of a short JSON text that needs no parser; `undefined` for any other text. */
export function plainValue(text: string): string | number | boolean | undefined {
  if (text.length > 66) return undefined;
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (PLAIN_WORD.test(text)) return text.slice(1, -1);
  return WHOLE_NUMBER.test(text) ? Number(text) : undefined;
}

const accessors = new Map<string, Accessor>();
const MOST_ACCESSORS = 1000;
/** All getters of this file, cached or not. */
const lazyGetters = new WeakSet<(this: object) => unknown>();

/** Whether a property is an attribute that was neither read nor set. */
export const isLazyProperty = ({ get }: { readonly get?: Accessor['get'] | undefined }): boolean =>
  get !== undefined && lazyGetters.has(get);

/**
 * The accessor of an attribute until it is first read or set.
 *
 * Without it each request parses every attribute, and writes it again as JSON to find changes. An object
 * that no code reads then costs 36,000 instructions instead of 12,000 with 80 bytes, 544,000 instead of
 * 13,000 with 4 KB (21 KB allocated instead of 2.4), and 8,480,000 instead of 24,000 with 64 KB (301 KB
 * allocated instead of 3.4). Measured for `hydrate()` and `changes()` by callgrind with Node 20. A request
 * of W1 of bench:budget has 98,000 instructions. Short strings and whole numbers, as in W1, have no
 * accessor and cost the same.
 */
export function lazyAttribute(name: string): Accessor {
  let accessor = accessors.get(name);
  if (accessor === undefined) {
    accessor = {
      get(this: object): unknown {
        const texts = LazyTexts.of(this);
        // Otherwise an attribute that a Proxy cannot read would be saved as absent.
        if (texts === undefined)
          throw new TypeError('A session cannot be read through a Proxy. Read the session itself.');
        const text = texts.get(name);
        const value = text === undefined ? undefined : parseAttribute(text, name);
        becomeProperty(this, name, value);
        return value;
      },
      set(this: object, value: unknown) {
        if (!becomeProperty(this, name, value))
          throw new TypeError(`Cannot assign to ${name}: the session is frozen.`);
      },
      enumerable: true,
      configurable: true,
    };
    lazyGetters.add(accessor.get);
    // Applications use few names. The limit is for those that make names at run time.
    if (accessors.size < MOST_ACCESSORS) accessors.set(name, accessor);
  }
  return accessor;
}

/** Makes an attribute an ordinary property; `false` if the session is frozen. */
function becomeProperty(owner: object, name: string, value: unknown): boolean {
  return Reflect.defineProperty(owner, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The value of an attribute. @throws SessionError `ERR_SESSION_VALUE` that names it, without its text. */
export function parseAttribute(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of the parser quotes the text.
    throw new SessionError(
      'ERR_SESSION_VALUE',
      `The attribute ${name} of a session cannot be read: the store holds a text that is not JSON.`,
    );
  }
}
