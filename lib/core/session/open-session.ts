import type { SessionError } from '../errors.js';
import type { SessionId } from '../session-id.js';
import { onFailure, type Awaitable } from '../util/awaitable.js';
import { SessionAttributes } from './attributes.js';
import type { CookieOutcome } from './commit-plan.js';
import type { CookieState } from './cookie-state.js';
import { setLifetime } from './lifetime.js';
import { checkedLogin } from './login-arguments.js';
import { takeNewIdentity, type NewIdentity } from './new-identity.js';
import type { LoginFacts } from './own-attributes.js';
import type { EngineParts, FoundSession, RequestContext } from './request-context.js';
import type { SessionCookie } from './session-cookie.js';
import { applyOptionEarly, checkSaved, commitSession } from './session-commit.js';
import { keepError } from './session-errors.js';
import { cookieOfFailure, expiresAt, hasChanges, isUndeliverable, plannedCookie } from './session-facts.js';
import { handlesOf, plainPrincipal, presentLogin } from './session-identity.js';
import { endOldId, remove, removeUndelivered } from './session-removal.js';
import { SessionState } from './session-state.js';
import type { RegenerateOptions, UserSession } from './user-session.js';

/** One session in one request: its controls, and their order. At most one of them runs at a time. */
export class OpenSession {
  /** The object that the application holds. */
  readonly session: UserSession;
  readonly #state: SessionState;
  /** The error of a store that could not load the session: every control that needs the store throws it. */
  readonly #unavailable: SessionError | null;
  #busy: Promise<unknown> | null = null;

  constructor(
    parts: EngineParts,
    request: RequestContext,
    found: FoundSession | SessionError | null,
    object: object,
    reserved: ReadonlySet<string>,
  ) {
    this.session = object as UserSession;
    const hasRecord = found !== null && 'record' in found;
    this.#unavailable = found === null || hasRecord ? null : found;
    const attributes = new SessionAttributes(object, reserved);
    this.#state = new SessionState(parts, request, attributes, hasRecord ? found : null);
  }

  get id(): SessionId {
    return this.#state.id;
  }
  get handles(): readonly [string, ...string[]] {
    return handlesOf(this.#state);
  }
  get sessionName(): string {
    return this.#state.parts.features.realm;
  }
  get principal(): string | null {
    return plainPrincipal(this.#state);
  }
  get loginFacts(): LoginFacts | null {
    return presentLogin(this.#state);
  }
  get now(): number {
    return this.#state.now;
  }
  get cookie(): CookieState {
    return this.#state.cookie;
  }
  get createdAt(): number {
    return this.#state.identity.createdAt;
  }
  get expiresAt(): number {
    return expiresAt(this.#state);
  }
  get isAvailable(): boolean {
    return this.#unavailable === null;
  }
  get isNew(): boolean {
    return this.#state.stored === null || this.#state.moving !== null;
  }
  /** `false` once the request has destroyed or released its session. */
  get isAlive(): boolean {
    const { ending } = this.#state;
    return ending === null || ending === 'gone';
  }
  /** Whether a commit cannot store the session, since its cookie is secure and the connection is not. */
  get isUndeliverable(): boolean {
    return isUndeliverable(this.#state);
  }

  /** Counts as activity, however recent the last touch is. */
  touch(): void {
    const state = this.#state;
    if (state.stored !== null) state.stored = { ...state.stored, isTouched: true };
    state.cookie.restart(state.now);
  }

  setLifetime(lifetime: unknown): void {
    setLifetime(this.#state, lifetime);
  }

  update(name: string, change: (value: unknown) => unknown): unknown {
    return this.#state.attributes.update(name, change);
  }

  /** From now on nothing is saved. With `destroy` the commit deletes the record. */
  release(destroy: boolean): void {
    this.#state.release(destroy);
  }

  async regenerate({ keep = [] }: RegenerateOptions): Promise<void> {
    if (keep !== 'all' && !Array.isArray(keep)) throw keepError(keep);
    await this.#takeNewIdentity(keep);
  }

  async login(principal: unknown, options: unknown): Promise<void> {
    await this.#takeNewIdentity(checkedLogin(principal, options, this.#state.parts.features.realm));
  }

  async #takeNewIdentity(next: NewIdentity): Promise<void> {
    const inOrder = (step: () => Promise<void>): Awaitable<void> => this.#inOrder(step);
    await this.#inOrder(() => takeNewIdentity(this.#state, next, inOrder));
  }

  async destroy(): Promise<void> {
    if (this.#unavailable === null) this.#state.release(true);
    await this.#inOrder(() => remove(this.#state));
  }

  /** Runs a step that the session needs no more than its state for. */
  async run<T>(step: (state: SessionState) => Awaitable<T>): Promise<T> {
    return this.#inOrder(() => step(this.#state));
  }

  async save(): Promise<void> {
    await this.#inOrder(() => commitSession(this.#state, true));
    checkSaved(this.#state);
  }

  /**
   * Makes the store agree with the session. Returns what becomes of the cookie.
   * @throws SessionError `ERR_SESSION_STORE`, `ERR_SESSION_VALUE`, `ERR_SESSION_CONFLICT`, `ERR_SESSION_ID`
   */
  commit(): Awaitable<CookieOutcome> {
    // An unavailable session that was not changed needs no store, and the browser keeps its cookie.
    if (this.#unavailable !== null && this.#state.ending !== 'destroyed' && !this.hasChanges()) return 'none';
    return this.#inOrder(() => {
      const state = this.#state;
      if (state.moving === null || state.stored === null) return commitSession(state, false);
      // Where the commit of a new id fails, the old id ends all the same: an attacker may have it.
      return onFailure(
        () => commitSession(state, false),
        () => endOldId(state),
      );
    });
  }

  /** What the response does to the browser's cookie after {@link commit} has failed. */
  cookieAfterFailure(): CookieOutcome {
    return cookieOfFailure(this.#state);
  }

  /** The outcome that {@link commit} would have, for a response that does not wait for the store. */
  plannedCookie(): CookieOutcome {
    if (this.#busy === null) applyOptionEarly(this.#state);
    return this.isAvailable ? plannedCookie(this.#state) : 'none';
  }

  /** Deletes the session where this request has stored it under a new id and no browser has its cookie. */
  removeUndelivered(): Awaitable<void> {
    const state = this.#state;
    if (state.stored?.hasNewId !== true || state.cookie.browser.client === 'current') return undefined;
    return this.#inOrder(() => removeUndelivered(state));
  }

  /** The cookie to send now. From here on the browser holds the present id. */
  sendCookie(): SessionCookie {
    return this.#state.cookie.markSent(this.#state.now);
  }

  /** Whether a commit would write the attributes or cookie settings that the session has now. */
  hasChanges(): boolean {
    return hasChanges(this.#state);
  }

  /** Runs one step at a time: each waits for the one before it, whether that succeeds or fails. */
  #inOrder<T>(step: () => Awaitable<T>): Awaitable<T> {
    if (this.#unavailable !== null) throw this.#unavailable;
    const result = this.#busy === null ? step() : this.#busy.then(step, step);
    if (result instanceof Promise) {
      const mine: Promise<unknown> = result
        .catch(() => undefined)
        .finally(() => {
          if (this.#busy === mine) this.#busy = null;
        });
      this.#busy = mine;
    }
    return result;
  }
}
