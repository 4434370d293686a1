import type { IncomingMessage, ServerResponse } from 'node:http';
import { rawCookieValues } from '../cookie/cookie-header.js';
import { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import { leftOutAttributes, resolveCookie, type CookieOptions } from '../cookie/cookie-options.js';
import { namedSecrets } from '../cookie/secrets.js';
import { SignatureCache } from '../cookie/signature-cache.js';
import { type FindResult, SessionEngine } from '../core/session/session-engine.js';
import { isStoreFailure, type SessionError, type SessionEvent } from '../core/errors.js';
import { checkedSessionId, newSessionId } from '../core/session-id.js';
import type { Awaitable } from '../core/util/awaitable.js';
import { DEFAULT_SESSION, defineProperties } from './request-properties.js';
import { leftOutWarning, UNDELIVERABLE } from './describe-event.js';
import { askToRetry } from './response/ungated-response.js';
import { EventReporter } from './event-reporter.js';
import { prepareServerOf } from './node20/prepared-requests.js';
import type { FailedRequest, HandlerHooks, Next } from './handler-hooks.js';
import { statusOf } from './response/error-response.js';
import { outsidePromises } from './call-listener.js';
import { PendingWork } from '../core/util/pending-work.js';
import { isInPath, isSecureRequest } from './request-facts.js';
import type { RequestParts } from './request-parts.js';
import { RequestSession } from './request-session.js';
import { claim, mount, onceMounted, unclaim } from './session-mounting.js';
import type { ResolvedSessionOptions } from './session-options.js';

/** Finds the session of each request that lies in the cookie's path; the rest is up to its {@link RequestSession}. */
export class SessionHandler {
  readonly #options: ResolvedSessionOptions;
  readonly #hooks: HandlerHooks;
  readonly #events: EventReporter;
  readonly #engine: SessionEngine;
  readonly #parts: RequestParts;
  /** The factories for insecure and secure connections, where the cookie is the same for all requests. */
  readonly #factories: readonly [OptionsCookieFactory, OptionsCookieFactory] | null;
  readonly #underWay = new PendingWork();

  constructor(options: ResolvedSessionOptions, hooks: HandlerHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#events = new EventReporter(options, hooks);
    const { genid, store, storeTimeoutMs, clock, fixedCookie } = options;
    this.#engine = new SessionEngine({
      store,
      storeTimeoutMs,
      onEvent: (event) => this.emit(event),
      lifetimes: options,
      policy: options,
      clock,
      newId: genid === null ? newSessionId : (req) => checkedSessionId(genid(req as IncomingMessage)),
    });
    const { sessionName = DEFAULT_SESSION } = hooks;
    const secrets =
      sessionName === DEFAULT_SESSION ? options.secrets : namedSecrets(options.secrets, sessionName);
    this.#factories =
      fixedCookie === null ? null : [this.#factoryOf(fixedCookie, false), this.#factoryOf(fixedCookie, true)];
    this.#parts = {
      engine: this.#engine,
      ids: new SignatureCache(secrets, (id) => this.#engine.keyOf(id)),
      store,
      sessionName,
      cookieName: options.name,
      unset: options.unset,
      answer: (error, { req, res, next }) => this.#answer(error, { stage: 'commit', req, res, next }),
      report: hooks.report,
      underWay: (commit) => void this.#underWay.add(commit),
      undeliverable: () => this.#events.warnOnce(UNDELIVERABLE),
      leftOut: (attributes) => this.#events.warnOnce(leftOutWarning(attributes)),
    };
  }

  /**
   * Throws only what `next` throws. Never returns a promise: a rejected one ends the process on some frameworks.
   * `settled` are the cookie options of the request, where a promise of them was awaited.
   */
  handle(req: IncomingMessage, res: ServerResponse, next: Next, settled?: CookieOptions): void {
    const exchange = { stage: 'open', req, res, next } as const;
    let session, claimed;
    let values: readonly string[] = [];
    try {
      prepareServerOf(req);
      const isSecure = isSecureRequest(req, this.#options.proxy);
      const options = this.#factories === null ? (settled ?? this.#options.cookie(req)) : null;
      if (options instanceof Promise) return this.#handleLater(options, exchange);
      const cookies =
        options === null ? this.#factories![isSecure ? 1 : 0] : this.#factoryOf(options, isSecure);
      if (isInPath(req, cookies.path)) {
        values = rawCookieValues(req.headers.cookie ?? '', this.#options.name);
        session = new RequestSession(this.#parts, {
          req,
          res,
          next,
          cookies,
          presented: values.length > 0,
          isSecure,
        });
        claimed = claim(req, session);
      }
    } catch (error) {
      return void this.#answer(error, exchange);
    }
    if (session === undefined) next();
    else if (claimed !== undefined) onceMounted(claimed, next, (error) => this.#answer(error, exchange));
    else if (this.#options.isLazy && values.length > 0) this.#findLater(session, values);
    else this.#find(session, values);
  }

  #handleLater(options: Promise<CookieOptions>, exchange: FailedRequest): void {
    const { req, res, next } = exchange;
    options.then(
      (settled) => outsidePromises(() => this.handle(req, res, next, settled)),
      (error: unknown) => outsidePromises(() => this.#answer(error, exchange)),
    );
  }

  /** Waits for the saves under way, also of clients that have left; never longer than `limitMs`. */
  settled(limitMs: number): Promise<void> {
    return this.#underWay.done(limitMs);
  }

  #find(session: RequestSession, values: readonly string[]): void {
    if (values.length === 0) return this.#proceed(session, null);
    let found: Awaitable<FindResult>;
    try {
      found = this.#engine.find(this.#parts.ids.candidatesIn(values), session.cookies);
    } catch (error) {
      return this.#goOnWithout(session, error);
    }
    if (!(found instanceof Promise)) return this.#proceed(session, found);
    found.then(
      (one) => outsidePromises(() => this.#proceed(session, one)),
      (error: unknown) => outsidePromises(() => this.#goOnWithout(session, error)),
    );
  }

  #findLater(session: RequestSession, values: readonly string[]): void {
    const failed = (error: unknown): void => {
      if (!this.#livesWithout(session, error)) throw error;
      session.setLoaded(error);
    };
    try {
      defineProperties(session.req, session, true);
      session.attach(null, () => {
        try {
          const found = this.#engine.find(this.#parts.ids.candidatesIn(values), session.cookies);
          const use = (one: FindResult): void => session.setLoaded(one);
          return found instanceof Promise ? found.then(use, failed) : use(found);
        } catch (error) {
          return failed(error);
        }
      });
    } catch (error) {
      return this.#abandon(session, error);
    }
    mount(session);
    session.next();
  }

  #livesWithout({ req, res }: RequestSession, error: unknown): error is SessionError {
    if (!isStoreFailure(error)) return false;
    if (this.#options.onStoreError(req) === 'anonymous') return true;
    askToRetry(res);
    return false;
  }

  #goOnWithout(session: RequestSession, error: unknown): void {
    try {
      if (!this.#livesWithout(session, error)) throw error;
    } catch (refused) {
      return this.#abandon(session, refused);
    }
    this.#proceed(session, error);
  }

  #proceed(session: RequestSession, found: FindResult | SessionError): void {
    try {
      defineProperties(session.req, session, false);
      session.attach(found);
    } catch (error) {
      return this.#abandon(session, error);
    }
    mount(session);
    session.next();
  }

  /** The session cannot be used: another call for the same request may load it again. */
  #abandon(session: RequestSession, error: unknown): void {
    unclaim(session.req, session, error);
    this.#answer(error, { stage: 'open', req: session.req, res: session.res, next: session.next });
  }

  #factoryOf(options: CookieOptions, secure: boolean): OptionsCookieFactory {
    const { clock, cookieLeads } = this.#options;
    const resolved = resolveCookie(options, secure, clock.now());
    const leftOut = leftOutAttributes(options, resolved);
    return new OptionsCookieFactory(resolved, () => clock.now(), cookieLeads, leftOut);
  }

  #answer(error: unknown, failed: FailedRequest): boolean {
    if (statusOf(error) === 503) askToRetry(failed.res);
    return this.#hooks.answer(error, failed);
  }

  /** Logs an event and passes it to the option `onEvent`. */
  emit(event: SessionEvent): void {
    this.#events.emit(event);
  }
}
