import type { IncomingMessage, ServerResponse } from 'node:http';
import { cookieValues } from '../cookie/cookie-header.js';
import { OptionsCookieKeeper } from '../cookie/cookie-keeper.js';
import { resolveCookie } from '../cookie/cookie-options.js';
import { verifiedId, type Secret } from '../cookie/cookie-signature.js';
import type { OpenSession } from '../core/open-session.js';
import type { Candidate } from '../core/open-request.js';
import { SessionEngine } from '../core/session-engine.js';
import type { SessionEvent } from '../core/session-events.js';
import { checkedSessionId, isSessionId, newSessionId } from '../core/session-id.js';
import { attach, claim, DEFAULT_SESSION } from './attached-sessions.js';
import { statusOf } from './http-error.js';
import { PendingWork } from './pending-work.js';
import { isInPath, isSecureRequest } from './request-facts.js';
import { ResponseGate } from './response-gate.js';
import { SessionExchange } from './session-exchange.js';
import type { ResolvedSessionOptions } from './session-options.js';

/** Continues a request, or ends it with an error. */
export type Next = (error?: unknown) => void;

/** A request that must be answered with an error. */
export interface FailedRequest {
  readonly stage: 'open' | 'commit';
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: Next;
}

/** What a handler tells the world around it. */
export interface HandlerHooks {
  /** Under which name the session stands at the request. */
  readonly sessionName?: string | undefined;
  /**
   * Answers a request whose session could not be loaded (`open`), or not be saved after it was answered (`commit`).
   * `false` where it cannot: then the client gets an answer without further words.
   */
  readonly answer: (error: unknown, failed: FailedRequest) => boolean;
  /** Hears of a save that failed when the answer could no longer be changed. */
  readonly report: (error: unknown) => unknown;
  /** Writes an event to the log. */
  readonly log: (event: SessionEvent) => void;
  /** Hears of a configuration that works against itself. */
  readonly warn: (message: string) => void;
}

/** Opens a session for each request that lies in the cookie's path; the rest is up to its {@link SessionExchange}. */
export class SessionHandler {
  readonly #options: ResolvedSessionOptions;
  readonly #hooks: HandlerHooks;
  readonly #name: string;
  readonly #engine: SessionEngine;
  readonly #underWay = new PendingWork();
  #warned = false;

  constructor(options: ResolvedSessionOptions, hooks: HandlerHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#name = hooks.sessionName ?? DEFAULT_SESSION;
    const { genid, store, storeTimeoutMs, clock } = options;
    this.#engine = new SessionEngine({
      store,
      storeTimeoutMs,
      onEvent: (event) => this.#tell(event),
      lifetimes: options,
      policy: options,
      clock,
      newId: genid === null ? newSessionId : (req) => checkedSessionId(genid(req as IncomingMessage)),
    });
  }

  /** Never throws and never returns a promise: a rejected one ends the process on some frameworks. */
  handle(req: IncomingMessage, res: ServerResponse, next: Next): void {
    const refuse = (error: unknown): void => void this.#answer(error, { stage: 'open', req, res, next });
    let opened: Opened | Promise<Opened> | null;
    try {
      opened = this.#open(req, res);
    } catch (error) {
      return refuse(error);
    }
    if (opened === null) return next();
    if (!(opened instanceof Promise)) return this.#proceed(opened, req, res, next);
    opened.then((found) => this.#proceed(found, req, res, next), refuse);
  }

  /** Waits for the saves under way, also of clients that have left; never longer than `limitMs`. */
  settled(limitMs: number): Promise<void> {
    return this.#underWay.done(limitMs);
  }

  #open(req: IncomingMessage, res: ServerResponse): Opened | Promise<Opened> | null {
    const options = this.#options;
    const { clock } = options;
    const secure = isSecureRequest(req, options.proxy);
    const cookie = resolveCookie(options.cookie(req), secure, clock.now());
    if (!isInPath(req, cookie.path) || !claim(req, this.#name)) return null;
    const values = cookieValues(req.headers.cookie ?? '', options.name);
    const exchange = new SessionExchange(req, res, { ...options, sessionName: this.#name, secure });
    const opened = this.#engine.open({
      candidates: candidatesIn(values, options.secrets),
      presented: values.length > 0,
      cookies: new OptionsCookieKeeper(cookie, () => clock.now(), options.cookieLeads),
      channel: () => exchange.channel(),
      hasBegun: () => exchange.hasBegun(),
      goesOnWithout: () => options.onStoreError(req) === 'anonymous',
      context: req,
    });
    return opened instanceof Promise
      ? opened.then((session) => ({ session, exchange }))
      : { session: opened, exchange };
  }

  #proceed({ session, exchange }: Opened, req: IncomingMessage, res: ServerResponse, next: Next): void {
    const attached = {
      opened: session,
      unset: this.#options.unset,
      store: this.#options.store,
      accessed: false,
    };
    try {
      attach(req, this.#name, attached);
    } catch (error) {
      return void this.#answer(error, { stage: 'open', req, res, next });
    }
    exchange.begin(attached, {
      answer: (error) => this.#answer(error, { stage: 'commit', req, res, next }),
      report: this.#hooks.report,
      underWay: (commit) => this.#underWay.add(commit),
      undeliverable: () => this.#warnOnce(),
    });
    exchange.gate = ResponseGate.at(res, exchange);
    next();
  }

  #answer(error: unknown, failed: FailedRequest): boolean {
    if (statusOf(error) === 503 && !failed.res.headersSent) failed.res.setHeader('Retry-After', '1');
    return this.#hooks.answer(error, failed);
  }

  #tell(event: SessionEvent): void {
    this.#hooks.log(event);
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      this.#hooks.warn(`The option onEvent threw: ${error instanceof Error ? error.message : 'no error'}`);
    }
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

interface Opened {
  readonly session: OpenSession;
  readonly exchange: SessionExchange;
}

/** The ids in cookie values whose signature holds. A forged cookie ends here: no store is asked. */
function candidatesIn(values: readonly string[], secrets: readonly Secret[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (const value of values) {
    const verified = verifiedId(value, secrets);
    if (verified !== null && isSessionId(verified.id))
      candidates.push({ id: verified.id, current: verified.current });
  }
  return candidates;
}
