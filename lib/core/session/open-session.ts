import { isStoreFailure, type SessionError } from '../errors.js';
import { sessionHandle, sessionKey, type SessionId } from '../session-id.js';
import { NO_CHANGES } from '../store/session-record.js';
import { chain, type Awaitable } from '../util/awaitable.js';
import { SessionAttributes } from './attributes.js';
import { cookieAfterFailure, planCommit, type CookieOutcome } from './commit-plan.js';
import type { CookieState } from './cookie-state.js';
import { isRecordExpired } from './expiry.js';
import { goneError, insecureError, sentError } from './lifecycle-errors.js';
import type { EngineParts, FoundSession, RequestContext } from './request-context.js';
import type { SessionCookie } from './session-cookie.js';
import { SessionState } from './session-state.js';
import { adoptMoved, endOldId, remove, write } from './session-writer.js';
import { NOTHING_UNSETTLED } from './unsettled-writes.js';
import type { UserSession } from './user-session.js';

/** One session in one request: its controls, and their order. At most one of them runs at a time. */
export class OpenSession {
  /** The object that the application holds. */
  readonly session: UserSession;
  readonly #state: SessionState;
  /** Why nothing can be done: the store failed, and whether there is a session is unknown. */
  readonly #unavailable: SessionError | null;
  /** The step that runs. */
  #busy: Promise<unknown> | null = null;

  /** `reserved` are the names of the session object that no attribute can have. */
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
  get isAvailable(): boolean {
    return this.#unavailable === null;
  }
  get handle(): string {
    const id = this.id as SessionId | undefined;
    // Only `newId` can ask before there is an id.
    return id === undefined ? (id as unknown as string) : sessionHandle(sessionKey(id));
  }
  get cookie(): SessionCookie {
    return this.#state.cookie.object;
  }
  get cookieState(): CookieState {
    return this.#state.cookie;
  }
  get isNew(): boolean {
    return this.#state.stored === null || this.#state.moving !== null;
  }
  get createdAt(): number {
    return this.#state.identity.createdAt;
  }
  get expiresAt(): number {
    return this.#state.expiresAt;
  }
  /** `false` once the request has destroyed or released its session. */
  get isAlive(): boolean {
    const { ending } = this.#state;
    return ending === null || ending === 'gone';
  }
  /** The session has changes that cannot be saved, since its cookie is secure and the connection is not. */
  get isUndeliverable(): boolean {
    const { stored, moving } = this.#state;
    return (stored === null || moving !== null) && this.#state.isInsecure && this.hasChanges();
  }

  /** Counts as activity, however recent the last touch is. */
  touch(): void {
    const state = this.#state;
    if (state.stored !== null) state.stored = { ...state.stored, isTouched: true };
    state.cookie.restart(state.now);
  }

  update(name: string, change: (value: unknown) => unknown): unknown {
    return this.#state.attributes.update(name, change);
  }

  /** Saves nothing any more. With `destroy` the commit deletes the record. */
  release(destroy: boolean): void {
    const { ending } = this.#state;
    // A session that is gone has no record to delete, and no cookie to clear.
    if (ending === 'gone') this.#state.ending = 'released';
    else if (destroy) this.#state.ending = 'destroyed';
    else this.#state.ending ??= 'released';
  }

  async regenerate({ keep = [] }: { readonly keep?: readonly string[] | 'all' }): Promise<void> {
    if (keep !== 'all' && !Array.isArray(keep))
      throw new TypeError('The option keep of regenerate() must be "all" or an array of names.');
    await this.#inOrder(async () => {
      const state = this.#state;
      const { request, parts } = state;
      if (request.hasBegun) throw sentError('regenerate');
      if (state.unsettled.moved !== null) await adoptMoved(state, parts.store.keyOf(state.id));
      if (state.stored !== null && state.moving === null)
        request.whenClosed?.(async () => this.#inOrder(() => endOldId(state)));
      state.beginMove(keep);
    });
  }

  async destroy(): Promise<void> {
    if (this.isAvailable) this.release(true);
    await this.#inOrder(() => remove(this.#state));
  }

  async reload(): Promise<void> {
    await this.#inOrder(async () => {
      const state = this.#state;
      const { parts, request } = state;
      const held = this.isNew ? null : state.stored;
      const record = held === null ? null : await parts.store.load(held.key);
      if (
        held === null ||
        record === null ||
        isRecordExpired(record, parts.lifetimes, request.cookies, state.now)
      )
        throw goneError('reloaded');
      state.attributes.takeUpdates();
      state.unsettled = NOTHING_UNSETTLED;
      state.adopt(held.key, record);
    });
  }

  async save(): Promise<void> {
    await this.#inOrder(() => this.#commit(true));
    const state = this.#state;
    if (state.ending === 'gone') throw goneError('saved');
    if (state.stored !== null || !this.isAlive) return;
    throw state.request.canSendHeaders && state.isInsecure ? insecureError() : sentError('save');
  }

  /**
   * Brings the store up to date. Returns what becomes of the browser's cookie: immediately where no store is needed.
   *
   * @throws SessionError `ERR_SESSION_STORE`, `ERR_SESSION_VALUE`, `ERR_SESSION_CONFLICT`, `ERR_SESSION_ID`
   */
  commit(): Awaitable<CookieOutcome> {
    // Without its session a request may do anything but change it; the browser keeps its cookie.
    if (this.#unavailable !== null && this.#state.ending !== 'destroyed' && !this.hasChanges()) return 'none';
    const { moving, stored } = this.#state;
    if (moving !== null && stored !== null) return this.#inOrder(() => this.#commitNewId());
    return this.#inOrder(() => this.#commit(false));
  }

  #commit(isAsked: boolean): Awaitable<CookieOutcome> {
    const state = this.#state;
    if (state.ending === 'gone') return 'none';
    const changes = state.ending === null ? state.changes() : NO_CHANGES;
    const plan = planCommit(state.facts(isAsked || changes.size > 0), state.parts.policy);
    if (plan.write === 'none') return plan.cookie;
    return chain(write(state, plan.write, changes), () => (state.ending === 'gone' ? 'none' : plan.cookie));
  }

  /** Where the commit of a new id fails, the old id ends all the same: it may be known to an attacker. */
  async #commitNewId(): Promise<CookieOutcome> {
    try {
      return await this.#commit(false);
    } catch (error) {
      await endOldId(this.#state);
      throw error;
    }
  }

  /** What becomes of the browser's cookie where {@link commit} failed. */
  cookieAfterFailure(): CookieOutcome {
    const state = this.#state;
    if (state.ending === 'gone' || state.ending === 'released') return 'none';
    return cookieAfterFailure(
      state.facts(false),
      !state.cookie.differsFrom(state.stored?.cookieSettings ?? null),
    );
  }

  /** What {@link commit} would do to the browser's cookie, for a response that does not wait for the store. */
  plannedCookie(): CookieOutcome {
    const state = this.#state;
    if (!this.isAvailable || state.ending === 'gone' || state.ending === 'released') return 'none';
    const isChanged = state.ending === null && state.changes().size > 0;
    return planCommit(state.facts(isChanged), state.parts.policy).cookie;
  }

  /** Deletes the session where this request created it and no browser has its cookie. */
  removeCreated(): Awaitable<void> {
    const state = this.#state;
    if (state.stored?.isCreated !== true || state.cookie.client === 'current') return undefined;
    return this.#inOrder(() => chain(remove(state), () => state.lose()));
  }

  /** The cookie to send now: from here on the browser holds the current id. */
  sendCookie(): SessionCookie {
    return this.#state.cookie.markSent(this.#state.now);
  }

  /** Whether a commit would write what the session holds now. */
  hasChanges(): boolean {
    return this.#state.ending === null && this.#state.changes().size > 0;
  }

  /** Runs one step at a time: the next one waits for the present one, whether that succeeds or not. */
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
