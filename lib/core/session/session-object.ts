import { SessionError } from '../errors.js';
import { OpenSession } from './open-session.js';
import type { EngineParts, FoundSession, RequestContext } from './request-context.js';
import type { SessionCookie } from './session-cookie.js';
import { reload } from './session-writer.js';
import { renewStamp } from './stamp-binding.js';
import type { RegenerateOptions, SessionCallback } from './user-session.js';

/**
 * The object behind {@link UserSession}. Its controls are on a frozen prototype, so that data cannot replace
 * them; attributes are its own properties; everything else is private.
 */
export class SessionObject {
  readonly #open: OpenSession;

  private constructor(
    parts: EngineParts,
    request: RequestContext,
    found: FoundSession | SessionError | null,
  ) {
    this.#open = new OpenSession(parts, request, found, this, RESERVED_NAMES);
  }

  /** Opens the session of one request, without a store call. With an error it is not available. */
  static open(
    parts: EngineParts,
    request: RequestContext,
    found: FoundSession | SessionError | null,
  ): OpenSession {
    return new SessionObject(parts, request, found).#open;
  }

  get id(): string {
    return this.#open.id;
  }
  get handle(): string {
    return this.#open.handles[0];
  }
  get cookie(): SessionCookie {
    return this.#open.cookie.object;
  }
  get isNew(): boolean {
    return this.#open.isNew;
  }
  get isAvailable(): boolean {
    return this.#open.isAvailable;
  }
  get createdAt(): number {
    return this.#open.createdAt;
  }
  get expiresAt(): number {
    return this.#open.expiresAt;
  }

  get principal(): string | null {
    return this.#open.principal;
  }
  get authenticatedAt(): number | null {
    return this.#open.loginFacts?.at ?? null;
  }
  get methods(): Readonly<Record<string, number>> {
    return this.#open.loginFacts?.methods ?? NO_METHODS;
  }

  /** See {@link authenticatedAgo}. */
  static ago(session: object, method: string | undefined): number | null {
    if (!(#open in session)) return null;
    const { loginFacts, now } = session.#open;
    const at = method === undefined ? loginFacts?.at : loginFacts?.methods[method];
    // The clock of the server that stored it may be ahead.
    return at === undefined ? null : Math.abs(now - at);
  }

  /** See {@link namesOfSession}. */
  static names(session: object): SessionNames | null {
    return #open in session ? session.#open : null;
  }

  login(principal: unknown, options?: unknown): unknown {
    return this.#result(this.#open.login(principal, options), undefined);
  }

  regenerate(
    ...args: [RegenerateOptions?] | [SessionCallback] | [RegenerateOptions, SessionCallback]
  ): unknown {
    const [first, second] = args;
    const callback = typeof first === 'function' ? first : second;
    const options = typeof first === 'object' && first !== null ? first : {};
    return this.#result(this.#open.regenerate(options), callback);
  }
  destroy(callback?: SessionCallback): unknown {
    return this.#result(this.#open.destroy(), callback);
  }
  reload(callback?: SessionCallback): unknown {
    return this.#result(this.#open.run(reload), callback);
  }
  refreshStamp(): unknown {
    const saved = this.#open.run(renewStamp).then(() => this.#open.save());
    return this.#result(saved, undefined);
  }
  save(callback?: SessionCallback): unknown {
    return this.#result(this.#open.save(), callback);
  }
  touch(): this {
    this.#open.touch();
    return this;
  }
  setLifetime(lifetime: unknown): this {
    this.#open.setLifetime(lifetime);
    return this;
  }
  update(name: string, change: (value: unknown) => unknown): unknown {
    return this.#open.update(name, change);
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

  /** Returns the promise, or the session if there is a callback. Errors of the callback are not caught. */
  #result(done: Promise<void>, callback: SessionCallback | undefined): unknown {
    if (callback === undefined) {
      // A promise that is not awaited must not end the process: the commit of the response fails in the same
      // way.
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

const NO_METHODS: Readonly<Record<string, number>> = Object.freeze(Object.create(null) as object) as never;

/**
 * Milliseconds since the last login or step-up of a session, or since the last use of one method, by the
 * engine's clock.
 *
 * *Shape*: `null` for an anonymous session, a method that was not used, and any other object.
 */
export function authenticatedAgo(session: object, method?: string): number | null {
  return SessionObject.ago(session, method);
}

/** By what a session is known. */
export interface SessionNames {
  readonly sessionName: string;
  /**
   * The handles by which a store may hold the session: before a move that is not stored yet, it has the one
   * before.
   */
  readonly handles: readonly string[];
}

/** The names of a session; `null` for any other object. */
export function namesOfSession(session: object): SessionNames | null {
  return SessionObject.names(session);
}

// An attribute may be named `constructor`.
Reflect.deleteProperty(SessionObject.prototype, 'constructor');

/** The names of the controls. Stored attributes with such a name are not shown. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(
  Object.getOwnPropertyNames(SessionObject.prototype),
);
Object.freeze(SessionObject.prototype);
