import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import type { CookieOutcome } from '../core/session/commit-plan.js';
import type { OpenSession } from '../core/session/open-session.js';
import type { RequestContext } from '../core/session/request-context.js';
import type { FoundOrFailed } from '../core/session/session-engine.js';
import type { UserSession } from '../core/session/user-session.js';
import { chain, type Awaitable } from '../core/util/awaitable.js';
import { onceClosed } from './once-closed.js';
import type { LazySession, RequestFacts, RequestParts } from './request-parts.js';
import { DEFAULT_SESSION, notLoaded, type AttachedSession } from './request-properties.js';
import { varyByCookie } from './response/cache-headers.js';
import { statusOf } from './response/error-response.js';
import type { CommitHooks } from './response/commit-hooks.js';
import { ResponseGate } from './response/response-gate.js';
import { isNodeResponse, UngatedResponse, type UngatedHooks } from './response/ungated-response.js';
import { isUnsaved, plannedWith, saveWith } from './saved-response.js';
import { writeCookies } from './set-cookie-headers.js';

/**
 * One session of one request: opened on first read, committed before the first byte of the response, its
 * cookie written to the headers. If no code reads it and nothing is due, nothing is committed.
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
  isPassive: boolean | undefined = undefined;
  #found: FoundOrFailed = null;
  #lazy: LazySession | null = null;
  /** The application has released the session, before or after it was loaded. */
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

  get store(): AttachedSession['store'] {
    return this.#parts.store;
  }
  /** The argument of `genid`. */
  get context(): IncomingMessage {
    return this.req;
  }
  get isDuplicate(): boolean {
    return this.#found === 'duplicate';
  }
  get hasBegun(): boolean {
    return this.#gate?.hasBegun ?? this.res.headersSent;
  }
  get canSendHeaders(): boolean {
    return this.#gate === null ? !this.res.headersSent : this.#gate.canSendHeaders;
  }

  /** From here on the response waits for the session: `found`, or the one that `find` loads on first read. */
  attach(found: FoundOrFailed, find: (() => Awaitable<FoundOrFailed>) | null = null): void {
    this.#found = found;
    if (find !== null) this.#lazy = { find, loading: null };
    this.#gate = isNodeResponse(this.res)
      ? ResponseGate.at(this.res, this)
      : new UngatedResponse(this.res, this);
  }

  /** Loads a lazy session. A load that fails changes nothing: the next call loads again. */
  load(): Awaitable<void> {
    const lazy = this.#lazy;
    if (lazy === null || lazy.loading !== null) return lazy?.loading ?? undefined;
    const found = lazy.find();
    if (!(found instanceof Promise)) return this.#loaded(found);
    const loading = found.then(
      (one) => this.#loaded(one),
      (error: unknown) => {
        this.#lazy = lazy;
        throw error;
      },
    );
    this.#lazy = { find: lazy.find, loading };
    return loading;
  }

  #loaded(found: FoundOrFailed): void {
    this.#found = found;
    this.#lazy = null;
    if (this.#isReleased) this.release();
  }

  read(): UserSession | undefined {
    if (this.#isReleased && this.#lazy !== null) return undefined;
    this.stage = 'accessed';
    const loading = this.#lazy === null ? undefined : this.load();
    if (loading !== undefined) throw notLoaded(loading);
    return this.opened.isAlive ? this.#opened!.session : undefined;
  }

  readLoaded(): Awaitable<UserSession | undefined> {
    this.stage = 'accessed';
    return chain(this.load(), () => this.read());
  }

  get opened(): OpenSession {
    if (this.#opened !== null) return this.#opened;
    if (this.#lazy !== null) throw new Error('A session was opened before it was loaded.');
    return (this.#opened = this.#parts.engine.createSession(this, this.#found));
  }

  release(): void {
    this.#isReleased = true;
    // A session that is not loaded yet is released when it is.
    if (this.#lazy === null && this.opened.isAlive) this.opened.release(this.#parts.unset === 'destroy');
  }

  whenClosed(step: () => Promise<void>): void {
    onceClosed(this.req, this.res, () => this.#parts.underWay(step()));
  }

  commit(): unknown {
    // `delete req.session` releases the session as `req.session = null` does.
    if (this.name === DEFAULT_SESSION && !this.#isReleased && !Object.hasOwn(this.req, 'session'))
      this.release();
    if (this.#lazy !== null) return this.#commitUnseen();
    if (this.#opened === null && !this.#isCommitDue()) return undefined;
    const opened = this.#opened ?? this.opened;
    if (!this.isSecure && opened.isUndeliverable) this.#parts.undeliverable();
    // The error response sends the cookie of an id that the store holds.
    const fail = (error: unknown): never => {
      this.#cookie = opened.cookieAfterFailure();
      throw error;
    };
    try {
      const outcome = this.#parts.saveOnError ? opened.commit() : saveWith(this.res, opened, this.#parts);
      if (!(outcome instanceof Promise)) return void (this.#cookie = outcome);
      this.#parts.underWay(outcome);
      return outcome.then((cookie) => void (this.#cookie = cookie), fail);
    } catch (error) {
      return fail(error);
    }
  }

  /** Commits a session that is not loaded: it is loaded only to be deleted. */
  #commitUnseen(): unknown {
    if (this.#isReleased && this.#parts.unset === 'destroy') return chain(this.load(), () => this.commit());
    // No code has waited for this load: if it fails, there is nothing to save.
    return this.#lazy?.loading?.then(
      () => this.commit(),
      () => undefined,
    );
  }

  planHeaders(): void {
    if (this.#lazy === null && (this.#opened !== null || this.#isCommitDue()))
      this.#cookie = plannedWith(this.res, this.opened, this.#parts);
  }

  #isCommitDue(): boolean {
    const { saveOnError } = this.#parts;
    const isSaved = saveOnError || !isUnsaved(this.#parts, this.res);
    return isSaved && this.#parts.engine.isCommitDue(this.#found, this.cookies, this.isPassive);
  }

  get hasHeaders(): boolean {
    return this.#cookie !== 'none' || this.stage === 'accessed' || this.#found === 'duplicate';
  }

  writeHeaders(): void {
    if (this.stage === 'accessed') varyByCookie(this.res);
    if (this.#cookie !== 'none' || this.#found === 'duplicate') writeCookies(this, this.#cookie, this.#parts);
  }

  undelivered(): void {
    // A store may throw before it returns a promise.
    const removing = (async () => this.#opened?.removeUndelivered())();
    this.#parts.underWay(removing);
    removing.catch((error: unknown) => this.report(error));
  }
  answer(error: unknown): boolean {
    return this.#parts.respondWithError(error, this);
  }
  report(error: unknown): void {
    this.#parts.report(error);
  }
  statusOf(error: unknown): number {
    return statusOf(error);
  }
}
