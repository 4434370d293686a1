import type { IncomingMessage, ServerResponse } from 'node:http';
import { rawCookieValues } from '../cookie/cookie-header.js';
import type { CookieOptions } from '../cookie/cookie-options.js';
import { namedSecrets } from '../cookie/secrets.js';
import { SignatureCache } from '../cookie/signature-cache.js';
import { SessionEngine, type FoundOrFailed } from '../core/session/session-engine.js';
import { isStoreFailure, type SessionError } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import { DEFAULT_SESSION, defineProperties } from './request-properties.js';
import { leftOutWarning, UNDELIVERABLE } from './describe-event.js';
import { askToRetry } from './response/ungated-response.js';
import { engineOptions } from './engine-options.js';
import type { EventReporter } from './event-reporter.js';
import { prepareServerOf } from './node20/prepared-requests.js';
import type { FailedRequest, HandlerHooks, Next } from './handler-hooks.js';
import { statusOf } from './response/error-response.js';
import { outsidePromises, withoutThrow } from './call-listener.js';
import { PendingWork } from '../core/util/pending-work.js';
import { isInPath, isSecureRequest } from './request-facts.js';
import type { RequestParts } from './request-parts.js';
import { RequestCookies } from './request-cookies.js';
import { RequestSession } from './request-session.js';
import { claim, mount, onceMounted, unclaim } from './session-mounting.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';

/** Finds the session of each request within the path of the cookie. */
export class SessionHandler {
  readonly #options: ResolvedSessionOptions;
  readonly #hooks: HandlerHooks;
  readonly #events: EventReporter;
  readonly #engine: SessionEngine;
  readonly #parts: RequestParts;
  readonly #cookies: RequestCookies;
  readonly #underWay = new PendingWork();

  constructor(options: ResolvedSessionOptions, hooks: HandlerHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const { sessionName = DEFAULT_SESSION, events } = hooks;
    this.#events = events;
    this.#cookies = new RequestCookies(options);
    this.#engine = new SessionEngine(engineOptions(options, sessionName, events));
    const secrets =
      sessionName === DEFAULT_SESSION ? options.secrets : namedSecrets(options.secrets, sessionName);
    this.#parts = {
      engine: this.#engine,
      ids: new SignatureCache(secrets, (id) => this.#engine.keyOf(id)),
      store: options.store,
      sessionName,
      cookieName: options.name,
      unset: options.unset,
      saveOnError: options.saveOnError,
      clearSiteData: options.clearSiteData,
      respondWithError: (error, { req, res, next }) => {
        let hasResponded = false;
        const failed = { stage: 'commit', req, res, next } as const;
        outsidePromises(() => (hasResponded = this.#respondWithError(error, failed)));
        return hasResponded;
      },
      report: (error) => withoutThrow(() => hooks.report(error)),
      underWay: (commit) => void this.#underWay.add(commit),
      undeliverable: () => this.#events.warnOnce(UNDELIVERABLE),
      leftOut: (attributes) => this.#events.warnOnce(leftOutWarning(attributes)),
    };
  }

  /**
   * Throws only what `next` throws. Never returns a promise: a rejected one ends the process on some
   * frameworks. `awaited` are the cookie options of the request, where the application has returned a promise
   * of them.
   */
  handle(req: IncomingMessage, res: ServerResponse, next: Next, awaited?: CookieOptions): void {
    const exchange = { stage: 'open', req, res, next } as const;
    let session, claimed;
    let values: readonly string[] = [];
    try {
      prepareServerOf(req);
      const isSecure = isSecureRequest(req, this.#options.proxy);
      const cookies = this.#cookies.of(req, isSecure, awaited);
      if (cookies instanceof Promise) return this.#handleLater(cookies, exchange);
      if (isInPath(req, cookies.path)) {
        values = rawCookieValues(req.headers.cookie ?? '', this.#options.name);
        const presented = values.length > 0;
        session = new RequestSession(this.#parts, { req, res, next, cookies, presented, isSecure });
        claimed = claim(req, session);
      }
    } catch (error) {
      return void this.#respondWithError(error, exchange);
    }
    if (session === undefined) next();
    else if (claimed !== undefined)
      onceMounted(claimed, next, (error) => this.#respondWithError(error, exchange));
    else if (this.#options.isLazy && values.length > 0) this.#findLater(session, values);
    else this.#find(session, values);
  }

  #handleLater(options: Promise<CookieOptions>, exchange: FailedRequest): void {
    const { req, res, next } = exchange;
    options.then(
      (awaited) => outsidePromises(() => this.handle(req, res, next, awaited)),
      (error: unknown) => outsidePromises(() => this.#respondWithError(error, exchange)),
    );
  }

  /** Waits for the commits under way, at most `limitMs`. */
  settled(limitMs: number): Promise<void> {
    return this.#underWay.done(limitMs);
  }

  #find(session: RequestSession, values: readonly string[]): void {
    let found: Awaitable<FoundOrFailed>;
    try {
      found = values.length === 0 ? null : this.#load(session, values);
    } catch (error) {
      return this.#abandon(session, error);
    }
    if (!(found instanceof Promise)) return this.#proceed(session, found);
    found.then(
      (one) => outsidePromises(() => this.#proceed(session, one)),
      (error: unknown) => outsidePromises(() => this.#abandon(session, error)),
    );
  }

  #findLater(session: RequestSession, values: readonly string[]): void {
    try {
      defineProperties(session.req, session, true);
      session.attach(null, () => this.#load(session, values));
    } catch (error) {
      return this.#abandon(session, error);
    }
    mount(session);
    session.next();
  }

  /** Finds the session of the cookies; the error if the store fails and the request continues. */
  #load(session: RequestSession, values: readonly string[]): Awaitable<FoundOrFailed> {
    const failed = (error: unknown): SessionError => {
      if (this.#continuesWithout(session, error)) return error;
      throw error;
    };
    try {
      const candidates = this.#parts.ids.candidatesIn(values);
      if (candidates.length === 0) return this.#rejectUnsigned();
      const found = this.#engine.find(candidates, session.cookies);
      return found instanceof Promise ? found.catch(failed) : found;
    } catch (error) {
      return failed(error);
    }
  }

  /** No cookie has a valid signature: there is no id to load. */
  #rejectUnsigned(): null {
    if (!this.#events.isOn) return null;
    const fact = { sessionName: this.#parts.sessionName, at: this.#options.clock.now() };
    this.#events.emit({ type: 'rejected', reason: 'bad-signature', handles: [], ...fact });
    return null;
  }

  #continuesWithout({ req, res }: RequestSession, error: unknown): error is SessionError {
    if (!isStoreFailure(error)) return false;
    if (this.#options.onStoreError(req) === 'anonymous') return true;
    askToRetry(res);
    return false;
  }

  #proceed(session: RequestSession, found: FoundOrFailed): void {
    try {
      defineProperties(session.req, session, false);
      session.attach(found);
    } catch (error) {
      return this.#abandon(session, error);
    }
    mount(session);
    session.next();
  }

  /** The session could not be loaded. Another call of the middleware for the same request loads it again. */
  #abandon(session: RequestSession, error: unknown): void {
    unclaim(session.req, session, error);
    this.#respondWithError(error, { stage: 'open', req: session.req, res: session.res, next: session.next });
  }

  #respondWithError(error: unknown, failed: FailedRequest): boolean {
    if (statusOf(error) === 503) askToRetry(failed.res);
    return this.#hooks.answer(error, failed);
  }
}
