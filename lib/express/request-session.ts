import { AsyncResource } from 'node:async_hooks';
import { ResponseGate } from '../http/response/response-gate.js';
import { UngatedResponse, isNodeResponse } from '../http/response/ungated-response.js';
import type {
  Callback,
  Session,
  SessionKeeper,
  StoredSessionData,
} from '../stores/express-session/session.js';
import { Store } from '../stores/express-session/store.js';
import { adoptSession } from './foreign-session.js';
import type { MiddlewareCall } from './end-facts.js';
import { ResponseCommit } from './response-commit.js';
import { textOf } from './session-json.js';
import type { StepDone } from './shared-sessions.js';

type Next = MiddlewareCall['next'];

/** The session of one request, from its load to its end by the application. */
export class ExpressRequestSession implements SessionKeeper {
  readonly #call: MiddlewareCall;
  /** The session whose `save` and `reload` are replaced. */
  #tracked: Session | null = null;
  /** `next` of other calls of the middleware for this request, which wait for its load; `null` when none is running. */
  #waiting: Next[] | null = null;

  constructor(call: MiddlewareCall) {
    this.#call = call;
    if (call.sentId === undefined) return;
    // Before the load, so that writes of other requests during the load are noticed.
    call.writes.hold(call.sentId);
    this.#waiting = [];
  }

  /** Whether the session is being loaded; then `next` is called when the load has ended. */
  joins(next: Next): boolean {
    return this.#waiting !== null && this.#waiting.push(AsyncResource.bind(next)) > 0;
  }

  /** Ends the load: calls `next` of this call of the middleware and of those that joined it. */
  goOn(...error: [error?: unknown]): void {
    const joined = this.#waiting ?? [];
    this.#waiting = null;
    for (const next of joined) queueMicrotask(() => next(...error));
    this.#call.next(...error);
  }

  /** Called when `req.session` is set. `found`: by the store, not generated. */
  begin(found: boolean): void {
    const { req, res, options, writes } = this.#call;
    const session = req.session!;
    const commit = new ResponseCommit(this.#call, !found);
    if (found) {
      writes.loaded(session);
      if (!options.resave) writes.isStored(session.id, textOf(session));
      this.#track(session);
    } else this.trackNew(session);
    if (isNodeResponse(res)) ResponseGate.at(res, commit);
    else new UngatedResponse(res, commit);
  }

  /** Tracks a session that was generated for this request. */
  trackNew(session: Session): void {
    if (session === this.#tracked) return;
    this.#call.writes.begin(session.id);
    this.#track(session);
  }

  /** Replaces `save` and `reload` by ones that call the session's own, which an application may have replaced (R73). */
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
    const underWay = writes.whenDone();
    if (underWay !== undefined) return void underWay.then(() => this.#reload(session, reload, callback));
    const { seen } = writes.hold(session.id);
    reload.call(session, (...result) => {
      const fresh = req.session;
      if (fresh && fresh !== session && fresh !== this.#tracked) {
        writes.loaded(fresh, seen);
        this.#track(fresh);
      }
      callback(...result);
    });
  }

  get storeTimeoutMs(): number | null {
    return this.#call.options.storeTimeoutMs;
  }

  /** Calls the store's `createSession` if it has one: some stores revive values there. */
  inflate(found: StoredSessionData): void {
    const { store } = this.#call.options;
    const maker: Store = typeof store.createSession === 'function' ? store : Store.prototype;
    maker.createSession.call(store, this.#call.req, found);
  }

  forget(id: string, remove: (done: Callback) => void, callback: Callback): void {
    this.#call.writes.forget(id, remove, unlessThrown(callback));
  }
}

/** Does not call back with an exception that is thrown at the caller. */
function unlessThrown(callback: Callback): StepDone {
  return (error, thrown) => {
    if (thrown === 'late') callback(error, thrown);
    else if (thrown === undefined) callback(...(error === undefined ? [] : [error]));
  };
}

function noop(): void {}
