import { chain, onFailure } from '../util/awaitable.js';
import { PendingUpdates, NO_UPDATES, type Updates } from './pending-updates.js';
import { cookieAfterFailure, planCommit, type CommitPlan } from './commit-plan.js';
import type { Candidate, EngineParts, RequestContext } from './request-context.js';
import { rebaseChanges } from '../merge/rebase.js';
import type { SessionCookie } from './session-cookie.js';
import { isStoreFailure, SessionError } from '../errors.js';
import { sessionHandle, type SessionId, sessionKey, type SessionKey } from '../session-id.js';
import type { UserSession } from './user-session.js';
import { SessionAttributes } from './attributes.js';
import { RESERVED_NAMES, SessionObject, type SessionEngineSide } from './session-object.js';
import { NO_CHANGES, type Changes, type SessionPatch, type SessionRecord } from '../store/session-record.js';
import type { Awaitable } from '../util/awaitable.js';
import type { Conflict } from '../store/session-store.js';
import { COOKIE, isOver, SessionState } from './session-state.js';
import { leftToWrite, type UnsettledWrite, type Wanted } from './unsettled-writes.js';

/** A session that a store holds, found by an id that the client brought. */
export interface FoundSession {
  readonly candidate: Candidate;
  readonly key: SessionKey;
  readonly record: SessionRecord;
}

/** Where the cookies of a request lead: to one session, to none, or to several of them, which counts as none. */
export type FindResult = FoundSession | 'duplicate' | null;

/** What becomes of the browser's cookie after a commit. */
export type CookieOutcome = CommitPlan['cookie'];

/** What a record was filed under, and what the store said. */
interface Filed<A> {
  readonly answer: Exclude<A, 'collision'>;
  readonly key: SessionKey;
}

const MOST_IDS_TRIED = 4;
const MOST_MERGES = 64;
const NO_WRITES: readonly UnsettledWrite[] = [];

/**
 * One session in the hands of one request: the steps that bring the store in line with its {@link SessionState}.
 *
 * Longer than other files, because every step must be waited for by the next: they are kept where that can be seen.
 */
export class OpenSession implements SessionEngineSide {
  readonly session: UserSession;
  readonly #parts: EngineParts;
  readonly #request: RequestContext;
  readonly #state: SessionState;
  readonly #updates = new PendingUpdates();
  #busy: Promise<unknown> | null = null;
  /** What a move to the present id was to file, where it is not known whether it did. */
  #attempted: SessionRecord | null = null;
  /** Patches with functions that failed, where it is not known whether the store applied them. */
  #unsettled: readonly UnsettledWrite[] = NO_WRITES;
  /** This request created the session. */
  #isCreated = false;
  /** Why nothing can be done: the store did not say whether there is a session. */
  #unavailable: SessionError | null = null;

  constructor(parts: EngineParts, request: RequestContext, found: FoundSession | null) {
    this.#parts = parts;
    this.#request = request;
    const object = new SessionObject(this);
    this.session = object as unknown as UserSession;
    const attributes = new SessionAttributes(object, RESERVED_NAMES);
    const createdAt = found === null ? parts.clock.now() : found.record.createdAt;
    this.#state = new SessionState(parts, request, attributes, createdAt);
    if (found === null) return;
    this.#state.id = found.candidate.id;
    if (found.candidate.current) this.#state.client = 'current';
    this.#state.adopt(found.key, found.record);
  }

  /** The request goes on without its session: whatever needs the store is refused with this error. */
  withoutStore(error: SessionError): this {
    this.#unavailable = error;
    return this;
  }

  get id(): SessionId {
    return this.#state.id;
  }
  get isAvailable(): boolean {
    return this.#unavailable === null;
  }
  get handle(): string {
    const id = this.id as SessionId | undefined;
    // Only newId can ask before there is an id.
    return id === undefined ? (id as unknown as string) : sessionHandle(sessionKey(id));
  }
  get cookie(): SessionCookie {
    return this.#state.cookie;
  }
  /** The cookie as the browser was sent it. */
  get sentCookie(): SessionCookie {
    return this.#state.sentCookie;
  }
  /** The sent cookie, where it stays in the browser beside the present one unless it is cleared. */
  get replacedCookie(): SessionCookie | null {
    return this.#state.replacedCookie;
  }
  /** Whether the cookie wants a secure connection. */
  get isCookieSecure(): boolean {
    return this.#state.isCookieSecure;
  }
  get isNew(): boolean {
    return this.#state.isNew;
  }
  get createdAt(): number {
    return this.#state.createdAt;
  }
  get expiresAt(): number {
    return this.#state.expiresAt;
  }
  /** `false` once the request has ended or let go of its session. */
  get isAlive(): boolean {
    return !this.#state.destroyed && this.#state.ended !== 'detached';
  }

  touch(): void {
    this.#state.touch();
  }

  update(name: string, change: (value: unknown) => unknown): unknown {
    return this.#updates.apply(
      this.session as object as Record<string, unknown>,
      this.#state.attributes,
      name,
      change,
    );
  }

  /** Stops looking after the session: nothing is saved; with `destroy` its record is removed by the commit. */
  release(destroy: boolean): void {
    if (destroy) this.#state.destroyed = true;
    else this.#state.ended = 'detached';
  }

  async regenerate({ keep = [] }: { readonly keep?: readonly string[] | 'all' }): Promise<void> {
    if (keep !== 'all' && !Array.isArray(keep))
      throw new TypeError('The option keep of regenerate() must be "all" or an array of names.');
    await this.#inOrder(() => {
      if (this.#request.hasBegun()) throw sentError('regenerate');
      const moved = this.#attempted !== null && this.#adoptMoved(this.#parts.store.keyOf(this.id));
      return chain(moved, () => this.#beginAnew(keep));
    });
  }

  async destroy(): Promise<void> {
    this.#state.destroyed = this.isAvailable;
    await this.#inOrder(() => this.#delete());
  }

  async reload(): Promise<void> {
    await this.#inOrder(() => this.#reload());
  }

  async save(): Promise<void> {
    await this.#inOrder(() => this.#commit(true));
    if (this.#state.ended === 'gone') throw goneError('saved');
    if (this.#state.stored === null && this.isAlive)
      throw this.#request.channel() === 'insecure' ? insecureError() : sentError('save');
  }

  /**
   * Brings the store up to date and says what becomes of the browser's cookie. At once where no store is needed.
   *
   * @throws SessionError `ERR_SESSION_STORE`, `ERR_SESSION_VALUE`, `ERR_SESSION_CONFLICT`, `ERR_SESSION_ID`
   */
  commit(): Awaitable<CookieOutcome> {
    // Without its session a request may do anything but change it; the browser keeps its cookie.
    if (!this.isAvailable && !this.#state.destroyed && !this.hasChanges()) return 'none';
    return this.#inOrder(() => (this.#state.rekeyed ? this.#commitNewId() : this.#commit(false)));
  }

  /** What becomes of the browser's cookie where {@link commit} failed. */
  cookieAfterFailure(): CookieOutcome {
    const state = this.#state;
    return state.ended === 'no' ? cookieAfterFailure(state.facts(false), state.isCookieStored) : 'none';
  }

  /** What {@link commit} would do to the browser's cookie, for a response that does not wait for the store. */
  plannedCookie(): CookieOutcome {
    const state = this.#state;
    if (!this.isAvailable || state.ended !== 'no') return 'none';
    const changed = !state.destroyed && state.changes().size > 0;
    return planCommit(state.facts(changed), this.#parts.policy).cookie;
  }

  /** Removes the session where this request created it and no browser has its cookie. */
  removeCreated(): Awaitable<void> {
    if (!this.#isCreated || this.#state.client === 'current') return undefined;
    return this.#inOrder(() => chain(this.#delete(), () => this.#state.lose()));
  }

  /** Whether a commit would write what the session holds now. */
  hasChanges(): boolean {
    return this.isAlive && this.#state.ended === 'no' && this.#state.changes().size > 0;
  }

  /** The cookie as it goes out now, its lifetime begun again: from here on the browser holds the current id. */
  sendCookie(): SessionCookie {
    this.#state.cookieSent();
    return this.#state.cookie;
  }

  #beginAnew(keep: readonly string[] | 'all'): void {
    this.#attempted = null;
    if (this.#state.stored !== null && !this.#state.rekeyed)
      this.#request.whenClosed?.(() => this.#endUncommitted());
    this.#state.beginAnew(keep);
  }

  #commit(asked: boolean): Awaitable<CookieOutcome> {
    const state = this.#state;
    if (state.ended === 'gone') return 'none';
    const changes = this.isAlive ? state.changes() : NO_CHANGES;
    const plan = planCommit(state.facts(asked || changes.size > 0), this.#parts.policy);
    return plan.write === 'none' ? plan.cookie : this.#carryOut(plan, changes);
  }

  /** The commit of a new id. Where it fails, the old id ends all the same: better logged out than on a known id. */
  #commitNewId(): Awaitable<CookieOutcome> {
    const failed = async (error: unknown): Promise<never> => {
      await this.#endOldId();
      throw error;
    };
    try {
      const outcome = this.#commit(false);
      return outcome instanceof Promise ? outcome.catch(failed) : outcome;
    } catch (error) {
      return failed(error);
    }
  }

  /** Removes the record of an id that was given up and not moved yet. A failure is reported by the store's event. */
  async #endOldId(): Promise<void> {
    const { rekeyed, stored } = this.#state;
    if (!rekeyed || stored === null) return;
    await (async () => this.#parts.store.delete(stored.key))().catch(() => undefined);
  }

  /** The request is over, and no response has asked for a commit. */
  async #endUncommitted(): Promise<void> {
    await this.#inOrder(() => this.#endOldId());
  }

  #carryOut({ write, cookie }: CommitPlan, changes: Changes): Awaitable<CookieOutcome> {
    return chain(this.#write(write, changes), () => (this.#state.ended === 'gone' ? 'none' : cookie));
  }

  #write(write: CommitPlan['write'], changes: Changes): Awaitable<void> {
    switch (write) {
      case 'create':
        return this.#create(changes);
      case 'rekey':
        return this.#rekey();
      case 'patch':
        return this.#patch(changes);
      case 'touch':
        return this.#touch();
      case 'delete':
        return this.#delete();
      case 'none':
        return undefined;
    }
  }

  #create(changes: Changes): Awaitable<void> {
    // What is filed as new is what this request holds: there is nothing that functions could run upon again.
    this.#updates.take();
    const record = this.#state.wholeRecord(changes);
    const filed = this.#file((to) => this.#parts.store.create(to, record));
    return chain(filed, ({ key }) => {
      this.#isCreated = true;
      this.#state.filed(key, record, record);
    });
  }

  /**
   * Where the old record is gone, it was ended or given another id meanwhile: nothing of it may come back. What this
   * request has set since is a new session of its own (two logins sent by one double click).
   */
  #rekey(): Awaitable<void> {
    return chain(
      this.#withUpdates((updates) => this.#move(updates)),
      (moved) => {
        if (moved) return undefined;
        if (this.#state.dropCarried()) return this.#create(this.#state.changes());
        return this.#state.lose();
      },
    );
  }

  /** Moves the record to the new id, with what others have changed in it meanwhile; `false` where it is gone. */
  #move(updates: Updates): Awaitable<boolean> {
    const from = this.#state.stored!.key;
    // With what is changed from here on the next write comes.
    const changes = this.#state.changes();
    const mine = this.#state.wholeRecord(changes);
    const move = (record: SessionRecord, revision: number | null, tried: number): Awaitable<boolean> =>
      chain(
        this.#file((to) => this.#parts.store.rekey(from, to, record, revision)),
        ({ answer, key }) => {
          if (answer === 'missing') return this.#findMoved(key);
          if (answer === 'applied') {
            this.#state.filed(key, mine, record);
            this.#unsettled = NO_WRITES;
            return true;
          }
          if (tried === MOST_MERGES) throw conflictError();
          const { conflict } = answer;
          const left = this.#leftToWrite({ changes, updates }, conflict);
          const merged = this.#state.wholeRecordUpon(conflict, left.changes, left.updates);
          return move(merged, conflict.revision, tried + 1);
        },
      );
    return onFailure(
      () => move(mine, this.#state.carriedRevision, 0),
      () => (this.#attempted ??= mine),
    );
  }

  /** What has changed since goes upon the record that an earlier attempt has moved. */
  #findMoved(key: SessionKey): Awaitable<boolean> {
    return chain(this.#adoptMoved(key), (isMoved) =>
      isMoved ? chain(this.#patch(this.#state.changes()), () => true) : false,
    );
  }

  /** An earlier attempt that was given up may have moved the record to this key after all. */
  #adoptMoved(key: SessionKey): Awaitable<boolean> {
    const attempted = this.#attempted;
    if (attempted === null) return false;
    return chain(this.#parts.store.load(key), (record) => {
      if (record === null) return false;
      this.#attempted = null;
      this.#state.filed(key, attempted, record);
      return true;
    });
  }

  /** Files under an id that no store uses yet. */
  #file<A>(write: (to: SessionKey) => Awaitable<A | 'collision'>, tried = 0): Awaitable<Filed<A>> {
    const key = this.#parts.store.keyOf(this.id);
    return chain(write(key), (answer) => {
      if (answer !== 'collision') return { answer: answer as Exclude<A, 'collision'>, key };
      this.#state.id = null;
      if (tried + 1 < MOST_IDS_TRIED) return this.#file(write, tried + 1);
      throw new SessionError(
        'ERR_SESSION_ID',
        `The genid option made ${MOST_IDS_TRIED} ids in a row that are in use. Make ids from at least 128 random bits.`,
      );
    });
  }

  /** That a session lives on a little longer is no reason to refuse an answer, unless it was asked for. */
  #touch(): Awaitable<void> {
    const forgive = (error: unknown): void => {
      if (this.#state.touched || !isStoreFailure(error)) throw error;
    };
    try {
      const touched = this.#patch(NO_CHANGES);
      return touched instanceof Promise ? touched.catch(forgive) : touched;
    } catch (error) {
      return forgive(error);
    }
  }

  #patch(changes: Changes): Awaitable<void> {
    return this.#withUpdates((updates) => this.#patchWith(changes, updates));
  }

  /** A write that failed gives back the functions that it carried: the next one runs them. */
  #withUpdates<T>(write: (updates: Updates) => Awaitable<T>): Awaitable<T> {
    const updates = this.#updates.take();
    if (updates === NO_UPDATES) return write(updates);
    return onFailure(
      () => write(updates),
      () => this.#updates.giveBack(updates),
    );
  }

  #patchWith(changes: Changes, updates: Updates): Awaitable<void> {
    const { key } = this.#state.stored!;
    const mine = this.#state.patchOf(changes);
    const answer = this.#send(key, mine, { changes: mine.changes, updates });
    if (!(answer instanceof Promise)) return this.#patched(key, mine, answer, updates);
    return answer.then((first) => this.#patched(key, mine, first, updates));
  }

  #patched(
    key: SessionKey,
    mine: SessionPatch,
    answer: 'applied' | 'missing' | Conflict,
    updates: Updates,
  ): Awaitable<void> {
    if (typeof answer !== 'object') return this.#settle(answer, mine, mine, null);
    return this.#parts.conflicts.run(key, () => this.#merge(key, mine, answer.conflict, updates));
  }

  #settle(
    answer: 'applied' | 'missing',
    mine: SessionPatch,
    applied: SessionPatch,
    held: SessionRecord | null,
  ): void {
    this.#unsettled = NO_WRITES;
    if (answer === 'missing') this.#state.lose();
    else this.#state.patched(mine, applied, held);
  }

  /** Remembers a patch that carries functions and fails: where it was applied after all, they must not run again. */
  #send(key: SessionKey, patch: SessionPatch, wanted: Wanted): ReturnType<EngineParts['store']['patch']> {
    if (wanted.updates === NO_UPDATES) return this.#parts.store.patch(key, patch);
    return onFailure(
      () => this.#parts.store.patch(key, patch),
      () => (this.#unsettled = [...this.#unsettled, { ...wanted, patch }]),
    );
  }

  #leftToWrite(wanted: Wanted, held: SessionRecord): Wanted {
    return leftToWrite(wanted, held, this.#unsettled, (name) => this.#state.attributes.base(name));
  }

  /** Tries again upon what the store holds, as often as others come in between, within reason. */
  async #merge(key: SessionKey, mine: SessionPatch, held: SessionRecord, updates: Updates): Promise<void> {
    const wanted = { changes: mine.changes, updates };
    for (let tried = 0; tried < MOST_MERGES; tried++) {
      const left = this.#leftToWrite(wanted, held);
      const changes = rebaseChanges(left.changes, held.attributes, left.updates);
      this.#state.mergeCookie(changes.get(COOKIE)!.to, held.touchedAt);
      const patch = this.#state.patchOf(changes, held);
      const answer = await this.#send(key, patch, wanted);
      if (typeof answer !== 'object') return this.#settle(answer, mine, patch, held);
      held = answer.conflict;
    }
    throw conflictError();
  }

  #delete(): Awaitable<void> {
    const { stored } = this.#state;
    const deleted = stored === null ? null : this.#parts.store.delete(stored.key);
    return chain(deleted, () => {
      this.#state.stored = null;
    });
  }

  async #reload(): Promise<void> {
    const stored = this.#state.isNew ? null : this.#state.stored;
    const record = stored === null ? null : await this.#parts.store.load(stored.key);
    if (stored === null || record === null || isOver(record, this.#parts, this.#request.cookies))
      throw goneError('reloaded');
    this.#updates.take();
    this.#unsettled = NO_WRITES;
    this.#state.adopt(stored.key, record);
  }

  /** One step at a time: a step that is under way is waited for, whether it succeeds or not. */
  #inOrder<T>(step: () => Awaitable<T>): Awaitable<T> {
    if (this.#unavailable !== null) throw this.#unavailable;
    const before = this.#busy;
    const result = before === null ? step() : before.then(step, step);
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

function goneError(verb: 'saved' | 'reloaded'): SessionError {
  return new SessionError(
    'ERR_SESSION_GONE',
    `The session could not be ${verb}: it has been ended, by a logout, an expiry or a new id in another request.`,
  );
}

function conflictError(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFLICT',
    `The session was not saved: other requests changed the same attributes ${MOST_MERGES} times in a row. Give them attributes of their own.`,
  );
}

function sentError(method: 'regenerate' | 'save'): SessionError {
  return new SessionError(
    'ERR_SESSION_SENT',
    `${method}() was called where no new id can reach the browser: after the response had begun, after its client had left, or on a socket. Call it in an HTTP request, before the first output.`,
  );
}

function insecureError(): SessionError {
  return new SessionError(
    'ERR_SESSION_INSECURE',
    'The session was not saved: its cookie is secure and this connection is not, so the browser could never name it. ' +
      'Behind a proxy that ends TLS, set the option proxy: true; else use cookie.secure "auto".',
  );
}
