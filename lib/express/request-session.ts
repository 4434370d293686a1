import { AsyncResource } from 'node:async_hooks';
import { ResponseGate } from '../http/response/response-gate.js';
import { UngatedResponse, isNodeResponse } from '../http/response/ungated-response.js';
import { outsidePromises } from '../http/call-listener.js';
import {
  invokeStore,
  isMissing,
  withDeadline,
  type Callback,
} from '../stores/express-session/callback-store.js';
import { expiryOf, isExpiryReliable } from '../stores/express-session/expiry-probe.js';
import {
  HOOKS,
  type Session,
  type SessionHooks,
  type StoredSessionData,
} from '../stores/express-session/session.js';
import { Store } from '../stores/express-session/store.js';
import { adoptSession } from './adopt-session.js';
import type { MiddlewareCall } from './end-facts.js';
import { ResponseCommit } from './response-commit.js';
import type { Done } from './shared-sessions.js';

type Next = MiddlewareCall['next'];

/** The session of one request: its load, and the calls of its methods. */
export class ExpressRequestSession implements SessionHooks {
  readonly #call: MiddlewareCall;
  /** The session whose `save` and `reload` are replaced. */
  #tracked: Session | null = null;
  /** `next` of other calls of the middleware for this request; `null` while no load is running. */
  #waiting: Next[] | null = null;

  constructor(call: MiddlewareCall) {
    this.#call = call;
    if (call.sentId === undefined) return;
    // Before the load, so that writes of other requests during the load are noticed.
    call.writes.track(call.sentId);
    this.#waiting = [];
  }

  joinLoad(next: Next): boolean {
    return this.#waiting !== null && this.#waiting.push(AsyncResource.bind(next)) > 0;
  }

  /** Sets `req.session`, loaded or generated, and calls `next`. */
  open(): void {
    const { req, options, next, sentId } = this.#call;
    if (sentId === undefined) {
      // Not the middleware's own function: an application may have replaced the store's method.
      options.store.generate(req);
      this.#start(false);
      return next();
    }
    this.#load(sentId, (error, found) => {
      if (error && !isMissing(error)) return this.#endLoad(error);
      const isFound = !error && Boolean(found);
      try {
        if (isFound) this.createSession(found!);
        else options.store.generate(req);
        this.#start(isFound);
      } catch (exception) {
        return this.#endLoad(exception);
      }
      this.#endLoad();
    });
  }

  /**
   * Calls the store's `get`. `loaded` is called once: within this call if the store calls back synchronously,
   * so that the caller of the middleware catches what `next` throws; otherwise outside of all promises.
   */
  #load(id: string, loaded: Callback<StoredSessionData>): void {
    const { store, storeTimeoutMs } = this.#call.options;
    let isInCall = true;
    let result: Parameters<typeof loaded> | null = null;
    const finish = (...given: Parameters<typeof loaded>): void => {
      if (result !== null) return;
      result = given;
      if (!isInCall) outsidePromises(() => loaded(...given));
    };
    const callback = withDeadline(storeTimeoutMs, (error, found?: StoredSessionData) => {
      const expiry = error ? null : expiryOf(found?.cookie);
      if (expiry === null || expiry > Date.now()) return finish(error, found);
      // Some stores return expired sessions.
      void isExpiryReliable(store, storeTimeoutMs).then((isExpired) =>
        finish(null, isExpired ? undefined : found),
      );
    });
    try {
      invokeStore(store, 'get', [id], callback);
    } catch (exception) {
      delete this.#call.req[HOOKS];
      throw exception;
    }
    isInCall = false;
    if (result !== null) loaded(...(result as Parameters<typeof loaded>));
  }

  /** Calls `next` of this call of the middleware and of those that joined it. */
  #endLoad(...error: [error?: unknown]): void {
    const joined = this.#waiting ?? [];
    this.#waiting = null;
    for (const next of joined) queueMicrotask(() => next(...error));
    this.#call.next(...error);
  }

  /** `isFound`: the data of `req.session` are from the store. */
  #start(isFound: boolean): void {
    const { req, res, options, writes } = this.#call;
    const session = req.session!;
    const commit = new ResponseCommit(this.#call, !isFound);
    if (isFound) {
      const text = writes.markLoaded(session);
      if (!options.resave) writes.markSaved(session.id, text);
      this.#track(session);
    } else this.trackNew(session);
    if (isNodeResponse(res)) ResponseGate.at(res, commit);
    else new UngatedResponse(res, commit);
  }

  /** Tracks a session that was generated for this request. */
  trackNew(session: Session): void {
    if (session === this.#tracked) return;
    this.#call.writes.trackNew(session.id);
    this.#track(session);
  }

  /** Replaces `save` and `reload`. Both call the previous method, which can be the application's (R73). */
  #track(session: Session): void {
    adoptSession(session);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- both are called with their session
    const { save, reload } = session;
    const { writes } = this.#call;
    this.#tracked = session;
    const methods = {
      save: (callback?: Callback | null) =>
        writes.save(session, (done) => save.call(session, done), unlessThrown(callback || noop)),
      reload: (callback: Callback) => this.#reload(session, reload, callback),
    };
    for (const [name, value] of Object.entries(methods))
      Object.defineProperty(session, name, { value, configurable: true, enumerable: false, writable: true });
  }

  #reload(session: Session, reload: Session['reload'], callback: Callback): void {
    const { req, writes } = this.#call;
    // Store calls that this request has not waited for are part of what it reads.
    const underWay = writes.whenIdle();
    if (underWay !== undefined) return void underWay.then(() => this.#reload(session, reload, callback));
    const before = writes.track(session.id).writes;
    reload.call(session, (...result) => {
      const fresh = req.session;
      if (fresh && fresh !== session && fresh !== this.#tracked) {
        writes.markLoaded(fresh, before);
        this.#track(fresh);
      }
      callback(...result);
    });
  }

  get storeTimeoutMs(): number | null {
    return this.#call.options.storeTimeoutMs;
  }

  /** Calls the store's `createSession` if it has one: some stores revive values there. */
  createSession(found: StoredSessionData): void {
    const { store } = this.#call.options;
    const maker: Store = typeof store.createSession === 'function' ? store : Store.prototype;
    maker.createSession.call(store, this.#call.req, found);
  }

  destroy(id: string, remove: (done: Callback) => void, callback: Callback): void {
    this.#call.writes.destroy(id, remove, unlessThrown(callback));
  }
}

/** Does not call back with an exception that the caller can catch. */
function unlessThrown(callback: Callback): Done {
  return (error, thrown) => {
    if (thrown === 'late') callback(error, thrown);
    else if (thrown === undefined) callback(...(error === undefined ? [] : [error]));
  };
}

function noop(): void {}
