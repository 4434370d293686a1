import { AsyncResource } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { signedValue, type Secret } from '../cookie/cookie-signature.js';
import type { HeaderWriter } from '../http/response/cache-headers.js';
import { UngatedResponse, isNodeResponse, type UngatedHooks } from '../http/response/ungated-response.js';
import { outsidePromises, withoutThrow } from '../http/call-listener.js';
import { isSecureByExpress } from '../http/request-facts.js';
import { isGone, ResponseGate, type CommitHooks } from '../http/response/response-gate.js';
import { Cookie } from '../stores/express-session/cookie.js';
import type { ResolvedExpressOptions } from './express-options.js';
import { adoptSession } from './foreign-session.js';
import { askStore } from '../stores/express-session/callback-store.js';
import type { StepDone } from './shared-sessions.js';
import type {
  Callback,
  Session,
  SessionedRequest,
  SessionKeeper,
  StoredSessionData,
} from '../stores/express-session/session.js';
import { textOf } from './session-json.js';
import { SessionWrites } from './session-writes.js';
import { Store } from '../stores/express-session/store.js';

type Next = (error?: unknown) => void;

/**
 * What a request of express-session knows of its session, and what it does when the answer begins and when it ends.
 *
 * Longer than other files, because all of its decisions are about the state of one request.
 */
export class ExpressRequestSession implements CommitHooks, SessionKeeper, UngatedHooks {
  readonly #req: SessionedRequest;
  readonly #res: ServerResponse;
  readonly #next: Next;
  readonly #options: ResolvedExpressOptions;
  readonly #secrets: readonly Secret[];
  readonly #writes: SessionWrites;
  /** The id that the browser's cookie carried. */
  readonly #cookieId: string | undefined;
  /** The session whose saves and loads are seen here. */
  #wrapped: Session | null = null;
  #originalId: string | undefined;
  #originalText: string | undefined;
  #destroyed = false;
  #touched = false;
  #storeTouched = false;
  #headersDecided = false;
  #cookieDue = false;
  #saveFailed = false;
  /** Other calls of the middleware for the same request that wait for this one's load; `null` once that has ended. */
  #waiting: Next[] | null = null;
  /** The browser sent no id that led to a session. */
  #isNew = false;

  constructor(
    req: SessionedRequest,
    res: ServerResponse,
    next: Next,
    options: ResolvedExpressOptions,
    secrets: readonly Secret[],
  ) {
    this.#req = req;
    this.#res = res;
    this.#next = next;
    this.#options = options;
    this.#secrets = secrets;
    this.#cookieId = req.sessionID;
    this.#writes = new SessionWrites(options.store, options.storeTimeoutMs);
    // Before it is loaded: also what others do in the meantime is to be seen.
    if (this.#cookieId === undefined) return;
    this.#writes.hold(this.#cookieId);
    this.#waiting = [];
  }

  /** Whether the store is asked for the session of this request; `next` is called with the result of that then. */
  joins(next: Next): boolean {
    return this.#waiting !== null && this.#waiting.push(AsyncResource.bind(next)) > 0;
  }

  /** The load has ended: `next` of this call, and of those that have joined it, is called. */
  goOn(...error: [error?: unknown]): void {
    const joined = this.#waiting ?? [];
    this.#waiting = null;
    for (const next of joined) queueMicrotask(() => next(...error));
    this.#next(...error);
  }

  /** The request has a session from here on: found in the store, or new. */
  begin(found: boolean): void {
    this.#take(found);
    if (isNodeResponse(this.#res)) ResponseGate.at(this.#res, this);
    else new UngatedResponse(this.#res, this);
  }

  #take(found: boolean): void {
    const session = this.#req.session!;
    this.#originalId = this.#req.sessionID;
    this.#originalText = textOf(session);
    this.#isNew = !found;
    if (!found) return this.wrap(session);
    this.#writes.loaded(session);
    if (!this.#options.resave) this.#writes.isStored(session.id, this.#originalText);
    this.#define(session);
  }

  /** Makes a session that was generated for this request known here. */
  wrap(session: Session): void {
    if (session === this.#wrapped) return;
    this.#writes.begin(session.id);
    this.#define(session);
  }

  get storeTimeoutMs(): number | null {
    return this.#options.storeTimeoutMs;
  }

  /** By the store's own method, where it has one: some stores revive values there. */
  inflate(found: StoredSessionData): void {
    const { store } = this.#options;
    const maker: Store = typeof store.createSession === 'function' ? store : Store.prototype;
    maker.createSession.call(store, this.#req, found);
  }

  /** What the session saves and loads is seen here, and done by its own methods: some applications replace those. */
  #define(session: Session): void {
    adoptSession(session);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- both are called with their session
    const { save, reload } = session;
    this.#wrapped = session;
    const methods = {
      save: (callback?: Callback | null) =>
        this.#writes.save(session, (done) => save.call(session, done), unlessThrown(callback || noop)),
      reload: (callback: Callback) => this.#reload(session, reload, callback),
    };
    for (const [name, value] of Object.entries(methods))
      Object.defineProperty(session, name, { value, configurable: true, enumerable: false, writable: true });
  }

  /** Removes the session of an id, after what is under way for it; nobody here writes it again. */
  forget(id: string, remove: (done: Callback) => void, callback: Callback): void {
    this.#writes.forget(id, remove, unlessThrown(callback));
  }

  /** What the application began and did not wait for belongs to the answer too. */
  commit(): unknown {
    const underWay = this.#writes.whenDone();
    return underWay === undefined ? this.#commit() : underWay.then(() => this.#commit());
  }

  #commit(): unknown {
    const { store } = this.#options;
    const req = this.#req;
    if (this.#shouldDestroy()) {
      this.#destroyed = true;
      const id = req.sessionID!;
      return this.#settle((done) =>
        this.#writes.forget(id, (gone) => askStore(store, 'destroy', [id], gone), done),
      );
    }
    const { session } = req;
    if (!session) return undefined;
    if (typeof session.touch !== 'function')
      throw new TypeError(
        'req.session must be a session, null or undefined; use req.session.regenerate() for an empty one',
      );
    // A new session whose cookie cannot be sent any more would be found by nobody (W25).
    const canBeFound =
      (!this.#headersDecided || this.#cookieDue || this.#cookieId === session.id) &&
      !(this.#isNew && !this.#headersDecided && isNodeResponse(this.#res) && isGone(this.#res));
    if (!this.#headersDecided) this.#decideHeaders(session);
    this.#touchOnce(session);
    if (this.#shouldSave(session)) {
      this.#storeTouched = true;
      return canBeFound ? this.#settle((done) => session.save(done)) : undefined;
    }
    if (!this.#shouldTouch()) return undefined;
    this.#storeTouched = true;
    return this.#settle((done) => this.#writes.touch(req.sessionID!, session, done));
  }

  planHeaders(): void {
    const { session } = this.#req;
    if (!this.#headersDecided && typeof session?.touch === 'function') this.#decideHeaders(session);
  }

  get hasHeaders(): boolean {
    const isNew = this.#cookieId !== this.#req.sessionID;
    const hasFailed = this.#saveFailed || (isNew && this.#writes.hasThrown);
    return this.#cookieDue && (!hasFailed || this.#writes.isHeldByStore(this.#req.sessionID));
  }

  writeHeaders(): void {
    const { session, sessionID } = this.#req;
    if (!this.hasHeaders || !session) return;
    try {
      const value = signedValue(sessionID!, this.#secrets);
      // Not its own method: an application may have put a plain object in the place of the cookie.
      const cookie = Cookie.prototype.serialize.call(session.cookie, this.#options.name, value);
      const res: HeaderWriter = this.#res;
      const others = [res.getHeader?.('Set-Cookie') ?? []].flat().map(String);
      res.setHeader('Set-Cookie', [...others, cookie]);
    } catch (error) {
      this.report(error);
    }
  }

  undelivered(): void {
    const id = this.#req.sessionID;
    if (!this.#isNew || id === undefined || !this.#writes.isHeldByStore(id)) return;
    const { store } = this.#options;
    const remove = (gone: Callback): void => askStore(store, 'destroy', [id], gone);
    const removed = (error?: unknown): void => {
      if (error) this.report(error);
    };
    // What the store throws is reported as well.
    withoutThrow(() => this.#writes.forget(id, remove, removed));
  }

  /** Called by a promise of the gate: what the application throws here is not for that promise. */
  answer(error: unknown): boolean {
    let answered = false;
    outsidePromises(() => {
      this.#next(error);
      answered = true;
    });
    return answered;
  }

  /**
   * The response goes out as it is, and `next` is called again with the error. Not beside a response of another kind,
   * where a second call can end a connection that is established: a process warning reports the error there.
   */
  report(error: unknown): void {
    if (isNodeResponse(this.#res)) return void setImmediate(this.#next, error);
    const message = error instanceof Error ? error.message : 'unknown fault';
    // Stores of this kind name the id in their errors, as in a path.
    const ids = [this.#cookieId, this.#req.sessionID].filter((id) => Boolean(id)) as string[];
    const reason = ids.reduce((text, id) => text.replaceAll(id, '(id)'), message);
    process.emitWarning(`A session was not saved beside its response: ${reason}`, 'SessionWarning');
  }

  statusOf(): number {
    return 500;
  }

  #decideHeaders(session: Session): void {
    this.#headersDecided = true;
    if (!this.#shouldSetCookie(session)) return;
    this.#cookieDue = !(session.cookie.secure && !isSecureByExpress(this.#req, this.#options.proxy));
  }

  /** Waits for the store, if it takes its time. What it reports does not change the answer, what it throws does. */
  #settle(step: (done: StepDone) => void): Promise<void> | undefined {
    let settled = false;
    let wake: (() => void) | null = null;
    let refused: { error: Error } | null = null;
    step((error, thrown) => {
      settled = true;
      if (error && thrown !== 'now') this.#saveFailed = this.#cookieId !== this.#req.sessionID;
      if (thrown === 'late') refused = { error: error as Error };
      else if (error && thrown === undefined) this.report(error);
      wake?.();
    });
    if (settled) return undefined;
    return new Promise((resolve, reject) => {
      wake = () => (refused === null ? resolve() : reject(refused.error));
    });
  }

  #reload(session: Session, reload: Session['reload'], callback: Callback): void {
    // What this request has not waited for is part of what it reads.
    const underWay = this.#writes.whenDone();
    if (underWay !== undefined) return void underWay.then(() => this.#reload(session, reload, callback));
    const { seen } = this.#writes.hold(session.id);
    reload.call(session, (...result) => {
      const { session: fresh } = this.#req;
      if (fresh && fresh !== session && fresh !== this.#wrapped) {
        this.#writes.loaded(fresh, seen);
        this.#define(fresh);
      }
      callback(...result);
    });
  }

  #touchOnce(session: Session): void {
    if (this.#touched) return;
    this.#touched = true;
    session.touch();
  }

  #isModified(session: Session): boolean {
    return this.#originalId !== session.id || this.#originalText !== textOf(session);
  }

  #shouldSetCookie(session: Session): boolean {
    const { sessionID } = this.#req;
    if (typeof sessionID !== 'string') return false;
    if (this.#cookieId !== sessionID) return this.#options.saveUninitialized || this.#isModified(session);
    return this.#options.rolling || (session.cookie.expires != null && this.#isModified(session));
  }

  #shouldDestroy(): boolean {
    if (this.#destroyed) return false;
    return Boolean(this.#req.sessionID) && this.#options.unset === 'destroy' && this.#req.session == null;
  }

  #shouldSave(session: Session): boolean {
    const { sessionID } = this.#req;
    if (typeof sessionID !== 'string') return false;
    if (!this.#options.saveUninitialized && !this.#writes.hasStored && this.#cookieId !== sessionID)
      return this.#isModified(session);
    return !this.#writes.holds(session);
  }

  #shouldTouch(): boolean {
    if (this.#storeTouched || !this.#options.storeTouches) return false;
    return typeof this.#req.sessionID === 'string' && this.#cookieId === this.#req.sessionID;
  }
}

/** What is thrown at the caller is not told as well. */
function unlessThrown(callback: Callback): StepDone {
  return (error, thrown) => {
    if (thrown === 'late') callback(error, thrown);
    else if (thrown === undefined) callback(...(error === undefined ? [] : [error]));
  };
}

function noop(): void {}
