import type { SessionCookie } from './session-cookie.js';
import { SessionError } from '../errors.js';
import type { RegenerateOptions, SessionCallback } from './user-session.js';

/** What a session object needs from the engine that opened it. */
export interface SessionEngineSide {
  readonly id: string;
  readonly handle: string;
  readonly cookie: SessionCookie;
  readonly isNew: boolean;
  readonly isAvailable: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
  regenerate(options: { readonly keep?: readonly string[] | 'all' }): Promise<void>;
  destroy(): Promise<void>;
  reload(): Promise<void>;
  save(): Promise<void>;
  touch(): void;
  update(name: string, change: (value: unknown) => unknown): unknown;
}

/**
 * The object behind {@link UserSession}. Its controls sit on a frozen prototype, so that data cannot replace them;
 * attributes are its own properties; everything else is out of reach.
 */
export class SessionObject {
  readonly #side: SessionEngineSide;

  constructor(side: SessionEngineSide) {
    this.#side = side;
  }

  get id(): string {
    return this.#side.id;
  }
  get handle(): string {
    return this.#side.handle;
  }
  get cookie(): SessionCookie {
    return this.#side.cookie;
  }
  get isNew(): boolean {
    return this.#side.isNew;
  }
  get isAvailable(): boolean {
    return this.#side.isAvailable;
  }
  get createdAt(): number {
    return this.#side.createdAt;
  }
  get expiresAt(): number {
    return this.#side.expiresAt;
  }

  regenerate(
    ...args: [RegenerateOptions?] | [SessionCallback] | [RegenerateOptions, SessionCallback]
  ): unknown {
    const [first, second] = args;
    const callback = typeof first === 'function' ? first : second;
    const options = typeof first === 'object' && first !== null ? first : {};
    return this.#answer(this.#side.regenerate(options), callback);
  }
  destroy(callback?: SessionCallback): unknown {
    return this.#answer(this.#side.destroy(), callback);
  }
  reload(callback?: SessionCallback): unknown {
    return this.#answer(this.#side.reload(), callback);
  }
  save(callback?: SessionCallback): unknown {
    return this.#answer(this.#side.save(), callback);
  }
  touch(): this {
    this.#side.touch();
    return this;
  }
  update(name: string, change: (value: unknown) => unknown): unknown {
    return this.#side.update(name, change);
  }

  /** Assigning this name would replace the prototype and with it every control. */
  get ['__proto__'](): object {
    return SessionObject.prototype;
  }
  set ['__proto__'](_: unknown) {
    throw new SessionError(
      'ERR_SESSION_NAME',
      'An attribute of a session cannot be named __proto__. Choose another name.',
    );
  }

  /** Printing a session shows its attributes, never its id. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { ...this };
  }

  /** A promise where there is no callback; else the session, and what the callback throws is not ours to catch. */
  #answer(done: Promise<void>, callback: SessionCallback | undefined): unknown {
    if (callback === undefined) {
      // A promise that nobody awaits must not end the process: the commit of the answer meets the same fault again.
      done.catch(() => undefined);
      return done;
    }
    done.then(
      () => queueMicrotask(() => callback()),
      (error: unknown) => queueMicrotask(() => callback(error)),
    );
    return this;
  }
}

// An attribute may be named so; a session needs no way back to its class.
Reflect.deleteProperty(SessionObject.prototype, 'constructor');

/** The names of the controls: data under such a name is left where it is. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(
  Object.getOwnPropertyNames(SessionObject.prototype),
);
Object.freeze(SessionObject.prototype);
