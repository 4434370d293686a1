import type { IncomingMessage, ServerResponse } from 'node:http';
import { rawCookieValues } from '../cookie/cookie-header.js';
import { OptionsCookieKeeper } from '../cookie/cookie-keeper.js';
import { resolveCookie, type CookieOptions } from '../cookie/cookie-options.js';
import { VerifiedIds } from '../cookie/verified-ids.js';
import type { FoundSession } from '../core/open-session.js';
import { SessionEngine } from '../core/session-engine.js';
import { isStoreFailure, type SessionError } from '../core/session-error.js';
import type { SessionEvent } from '../core/session-events.js';
import { checkedSessionId, newSessionId } from '../core/session-id.js';
import type { Answer } from '../core/session-store.js';
import { attach, claim, DEFAULT_SESSION } from './attached-sessions.js';
import { prepareServerOf } from './prepared-requests.js';
import type { FailedRequest, HandlerHooks, Next } from './handler-hooks.js';
import { statusOf } from './http-error.js';
import { callListener, withoutThrow } from './call-listener.js';
import { PendingWork } from './pending-work.js';
import { isInPath, isSecureRequest } from './request-facts.js';
import { RequestSession, type RequestParts } from './request-session.js';
import type { ResolvedSessionOptions } from './session-options.js';

/** Finds the session of each request that lies in the cookie's path; the rest is up to its {@link RequestSession}. */
export class SessionHandler {
  readonly #options: ResolvedSessionOptions;
  readonly #hooks: HandlerHooks;
  readonly #engine: SessionEngine;
  readonly #parts: RequestParts;
  /** The keepers for insecure and secure connections, where the cookie is the same for all requests. */
  readonly #keepers: readonly [OptionsCookieKeeper, OptionsCookieKeeper] | null;
  readonly #underWay = new PendingWork();
  #warned = false;

  constructor(options: ResolvedSessionOptions, hooks: HandlerHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const { genid, store, storeTimeoutMs, clock, fixedCookie } = options;
    this.#engine = new SessionEngine({
      store,
      storeTimeoutMs,
      onEvent: (event) => this.#tell(event),
      lifetimes: options,
      policy: options,
      clock,
      newId: genid === null ? newSessionId : (req) => checkedSessionId(genid(req as IncomingMessage)),
    });
    this.#keepers =
      fixedCookie === null ? null : [this.#keeperOf(fixedCookie, false), this.#keeperOf(fixedCookie, true)];
    this.#parts = {
      engine: this.#engine,
      ids: new VerifiedIds(options.secrets, (id) => this.#engine.keyOf(id)),
      store,
      sessionName: hooks.sessionName ?? DEFAULT_SESSION,
      cookieName: options.name,
      unset: options.unset,
      answer: (error, { req, res, next }) => this.#answer(error, { stage: 'commit', req, res, next }),
      report: hooks.report,
      underWay: (commit) => this.#underWay.add(commit),
      undeliverable: () => this.#warnOnce(),
    };
  }

  /** Never throws and never returns a promise: a rejected one ends the process on some frameworks. */
  handle(req: IncomingMessage, res: ServerResponse, next: Next): void {
    try {
      prepareServerOf(req);
      const secure = isSecureRequest(req, this.#options.proxy);
      const cookies =
        this.#keepers === null
          ? this.#keeperOf(this.#options.cookie(req), secure)
          : this.#keepers[secure ? 1 : 0];
      if (!isInPath(req, cookies.path)) return next();
      const values = rawCookieValues(req.headers.cookie ?? '', this.#options.name);
      const exchange = { req, res, next };
      const session = new RequestSession(this.#parts, exchange, cookies, values.length > 0, secure);
      if (!claim(req, session)) return next();
      if (this.#options.isLazy && values.length > 0) this.#findLater(session, values);
      else this.#find(session, values);
    } catch (error) {
      this.#refuse(error, req, res, next);
    }
  }

  /** Waits for the saves under way, also of clients that have left; never longer than `limitMs`. */
  settled(limitMs: number): Promise<void> {
    return this.#underWay.done(limitMs);
  }

  #find(session: RequestSession, values: readonly string[]): void {
    if (values.length === 0) return this.#proceed(session, null, null);
    const failed = (error: unknown): void => this.#goOnWithout(session, error);
    let found: Answer<FoundSession | null>;
    try {
      found = this.#engine.find(this.#parts.ids.candidatesIn(values), session.cookies);
    } catch (error) {
      return failed(error);
    }
    if (found instanceof Promise) found.then((one) => this.#proceed(session, one, null), failed);
    else this.#proceed(session, found, null);
  }

  #findLater(session: RequestSession, values: readonly string[]): void {
    const failed = (error: unknown): void => {
      if (!this.#livesWithout(session, error)) throw error;
      session.found(null, error);
    };
    attach(session.req, session);
    session.beginLazily(() => {
      try {
        const found = this.#engine.find(this.#parts.ids.candidatesIn(values), session.cookies);
        if (found instanceof Promise) return found.then((one) => session.found(one, null), failed);
        return session.found(found, null);
      } catch (error) {
        return failed(error);
      }
    });
    session.next();
  }

  #livesWithout({ req, res }: RequestSession, error: unknown): error is SessionError {
    if (!isStoreFailure(error)) return false;
    if (this.#options.onStoreError(req) === 'anonymous') return true;
    if (!res.headersSent) res.setHeader('Retry-After', '1');
    return false;
  }

  #goOnWithout(session: RequestSession, error: unknown): void {
    const { req, res, next } = session;
    try {
      if (!this.#livesWithout(session, error)) throw error;
    } catch (refused) {
      return this.#refuse(refused, req, res, next);
    }
    this.#proceed(session, null, error);
  }

  #proceed(session: RequestSession, found: FoundSession | null, failure: SessionError | null): void {
    const { req, res, next } = session;
    try {
      attach(req, session);
      session.begin(found, failure);
    } catch (error) {
      return this.#refuse(error, req, res, next);
    }
    next();
  }

  #keeperOf(options: CookieOptions, secure: boolean): OptionsCookieKeeper {
    const { clock, cookieLeads } = this.#options;
    return new OptionsCookieKeeper(
      resolveCookie(options, secure, clock.now()),
      () => clock.now(),
      cookieLeads,
    );
  }

  #refuse(error: unknown, req: IncomingMessage, res: ServerResponse, next: Next): void {
    this.#answer(error, { stage: 'open', req, res, next });
  }

  #answer(error: unknown, failed: FailedRequest): boolean {
    if (statusOf(error) === 503 && !failed.res.headersSent) failed.res.setHeader('Retry-After', '1');
    return this.#hooks.answer(error, failed);
  }

  /** A listener or a logger that throws, rejects or is slow must not touch the request that the event comes from. */
  #tell(event: SessionEvent): void {
    const { onEvent } = this.#options;
    setImmediate(() => {
      withoutThrow(() => this.#hooks.log(event));
      if (onEvent !== null) callListener(onEvent, event, (message) => this.#hooks.warn(message));
    });
  }

  /** Once: a cookie that is never sent is the hardest thing to find out from the outside. */
  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#hooks.warn(
      'A session was not kept: its cookie is secure and the request came over a connection that is not. Behind a proxy ' +
        'that ends TLS, set the option proxy: true or the trust proxy setting of the framework; else use cookie.secure "auto".',
    );
  }
}
