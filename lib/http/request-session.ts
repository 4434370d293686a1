import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import type { SessionError } from '../core/errors.js';
import type { CookieOutcome } from '../core/session/commit-plan.js';
import type { OpenSession } from '../core/session/open-session.js';
import type { RequestContext } from '../core/session/request-context.js';
import type { FindResult } from '../core/session/session-engine.js';
import type { UserSession } from '../core/session/user-session.js';
import type { SessionStore } from '../core/store/session-store.js';
import { chain, type Awaitable } from '../core/util/awaitable.js';
import { outsidePromises, withoutThrow } from './call-listener.js';
import { cookieHeaders } from './cookie-headers.js';
import { onceClosed } from './once-closed.js';
import type { RequestFacts, RequestParts } from './request-parts.js';
import { DEFAULT_SESSION, notLoaded, type AttachedSession } from './request-properties.js';
import { forbidStoring, varyByCookie, type HeaderWriter } from './response/cache-headers.js';
import { statusOf } from './response/error-response.js';
import { ResponseGate, type CommitHooks } from './response/response-gate.js';
import { isNodeResponse, UngatedResponse, type UngatedHooks } from './response/ungated-response.js';

/**
 * One session of one request: opened when it is first read, committed when the gate asks, its cookie written into the
 * headers. Where no code reads it and nothing is due, nothing is committed.
 */
export class RequestSession implements AttachedSession, RequestContext, CommitHooks, UngatedHooks {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
  readonly cookies: OptionsCookieFactory;
  readonly presented: boolean;
  readonly isSecure: boolean;
  readonly name: string;
  readonly #parts: RequestParts;
  stage: AttachedSession['stage'] = 'claimed';
  /** What the cookies of the request name; the error where the store failed and the request goes on without a session. */
  #found: FindResult | SessionError = null;
  /** Finds the session of a lazy request; the promise of that while it runs; `null` once it has run. */
  #find: (() => Awaitable<void>) | null = null;
  #loading: Promise<void> | null = null;
  /** The application has released the session, loaded or not. */
  #isReleased = false;
  #opened: OpenSession | null = null;
  #gate: ResponseGate | UngatedResponse | null = null;
  #cookie: CookieOutcome = 'none';

  constructor(parts: RequestParts, { req, res, next, cookies, presented, isSecure }: RequestFacts) {
    this.#parts = parts;
    this.name = parts.sessionName;
    this.req = req;
    this.res = res;
    this.next = next;
    this.cookies = cookies;
    this.presented = presented;
    this.isSecure = isSecure;
  }

  get store(): SessionStore {
    return this.#parts.store;
  }
  /** The argument of `genid`. */
  get context(): IncomingMessage {
    return this.req;
  }
  /** The client sent cookies of several live sessions: the response clears them. */
  get isDuplicate(): boolean {
    return this.#found === 'duplicate';
  }
  get hasBegun(): boolean {
    return this.#gate?.hasBegun ?? this.res.headersSent;
  }
  get canSendHeaders(): boolean {
    return this.#gate === null ? !this.res.headersSent : this.#gate.canSendHeaders;
  }

  /** From here on the response waits for the session: the found one, or one that `find` finds when it is first read. */
  attach(found: FindResult | SessionError, find: (() => Awaitable<void>) | null = null): void {
    this.#found = found;
    this.#find = find;
    this.#gate = isNodeResponse(this.res)
      ? ResponseGate.at(this.res, this)
      : new UngatedResponse(this.res, this);
  }

  /** Sets what a lazy load has found. */
  setLoaded(found: FindResult | SessionError): void {
    this.#found = found;
  }

  /** Loads a lazy session. A load that fails changes nothing: the next call loads again. */
  load(): Awaitable<void> {
    if (this.#find === null || this.#loading !== null) return this.#loading ?? undefined;
    const loading = this.#find();
    if (!(loading instanceof Promise)) return this.#loaded();
    this.#loading = loading.then(() => this.#loaded()).finally(() => (this.#loading = null));
    return this.#loading;
  }

  #loaded(): void {
    this.#find = null;
    if (this.#isReleased) this.release();
  }

  read(): UserSession | undefined {
    if (this.#find !== null) {
      if (this.#isReleased) return undefined;
      this.stage = 'accessed';
      const loading = this.load();
      if (loading !== undefined) throw notLoaded(loading);
    }
    this.stage = 'accessed';
    const { opened } = this;
    return opened.isAlive ? opened.session : undefined;
  }

  readLoaded(): Awaitable<UserSession | undefined> {
    this.stage = 'accessed';
    return chain(this.load(), () => this.read());
  }

  get opened(): OpenSession {
    if (this.#opened !== null) return this.#opened;
    if (this.#find !== null) throw new Error('A session was opened before it was loaded.');
    const found = this.#found === 'duplicate' ? null : this.#found;
    return (this.#opened = this.#parts.engine.createSession(this, found));
  }

  release(): void {
    this.#isReleased = true;
    // A session that is not loaded yet is released when it is.
    if (this.#find === null && this.opened.isAlive) this.opened.release(this.#parts.unset === 'destroy');
  }

  whenClosed(step: () => Promise<void>): void {
    onceClosed(this.req, this.res, () => this.#parts.underWay(step()));
  }

  commit(): unknown {
    // `delete req.session` releases the session as `req.session = null` does.
    if (this.name === DEFAULT_SESSION && !this.#isReleased && !Object.hasOwn(this.req, 'session'))
      this.release();
    if (this.#find !== null) return this.#commitUnseen();
    if (this.#opened === null && !this.#isCommitDue()) return undefined;
    const { opened } = this;
    if (!this.isSecure && opened.isUndeliverable) this.#parts.undeliverable();
    let outcome: Awaitable<CookieOutcome>;
    try {
      outcome = opened.commit();
    } catch (error) {
      return this.#failed(opened, error);
    }
    if (!(outcome instanceof Promise)) return void (this.#cookie = outcome);
    this.#parts.underWay(outcome);
    return outcome.then(
      (cookie) => void (this.#cookie = cookie),
      (error: unknown) => this.#failed(opened, error),
    );
  }

  /** The error response still sends the cookie of an id that the store holds. */
  #failed(opened: OpenSession, error: unknown): never {
    this.#cookie = opened.cookieAfterFailure();
    throw error;
  }

  /** No code has read the session: it is loaded only to be deleted. */
  #commitUnseen(): unknown {
    if (this.#isReleased && this.#parts.unset === 'destroy') return chain(this.load(), () => this.commit());
    // A load that no code has waited for: where it fails there is nothing to save.
    return this.#loading?.then(
      () => this.commit(),
      () => undefined,
    );
  }

  planHeaders(): void {
    if (this.#find === null && (this.#opened !== null || this.#isCommitDue()))
      this.#cookie = this.opened.plannedCookie();
  }

  #isCommitDue(): boolean {
    const found = this.#found === 'duplicate' ? null : this.#found;
    if (found !== null && !('record' in found)) return false;
    return this.#parts.engine.isCommitDue(found, this.cookies);
  }

  get hasHeaders(): boolean {
    return this.#cookie !== 'none' || this.stage === 'accessed' || this.#found === 'duplicate';
  }

  writeHeaders(): void {
    const res: HeaderWriter = this.res;
    if (this.stage === 'accessed') varyByCookie(res);
    if (this.#cookie === 'none' && this.#found !== 'duplicate') return;
    const others = res.getHeader?.('Set-Cookie');
    const own = cookieHeaders(this, this.#cookie, this.#parts);
    res.setHeader('Set-Cookie', others === undefined ? own : [...[others].flat().map(String), ...own]);
    forbidStoring(res);
  }

  undelivered(): void {
    const opened = this.#opened;
    if (opened === null) return;
    // A store that is down throws immediately.
    const removed = (async () => opened.removeCreated())();
    this.#parts.underWay(removed);
    removed.catch((error: unknown) => this.report(error));
  }

  /** Called by a promise of the gate: what the application throws here is not for that promise. */
  answer(error: unknown): boolean {
    let answered = false;
    outsidePromises(() => (answered = this.#parts.answer(error, this)));
    return answered;
  }

  /** Called by promises of the gate: a logger that throws must not reject them. */
  report(error: unknown): void {
    withoutThrow(() => this.#parts.report(error));
  }

  statusOf(error: unknown): number {
    return statusOf(error);
  }
}
