import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import type { SignatureCache } from '../cookie/signature-cache.js';
import { clearCookie, clearDuplicates, setSentCookie } from '../cookie/set-cookie.js';
import { chain } from '../core/util/awaitable.js';
import type { CookieChannel, RequestContext } from '../core/session/request-context.js';
import type { CookieOutcome, FindResult, FoundSession, OpenSession } from '../core/session/open-session.js';
import type { SessionEngine } from '../core/session/session-engine.js';
import type { SessionError } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import type { SessionStore } from '../core/store/session-store.js';
import { DEFAULT_SESSION, type AttachedSession, type Mounting } from './request-properties.js';
import { outsidePromises, withoutThrow } from './call-listener.js';
import { forbidStoring, varyByCookie, type HeaderWriter } from './response/cache-headers.js';
import { UngatedResponse, isNodeResponse, type UngatedHooks } from './response/ungated-response.js';
import { statusOf } from './response/error-response.js';
import { isGone, ResponseGate, type CommitHooks } from './response/response-gate.js';

/** What all requests of one middleware share, and whom they turn to. */
export interface RequestParts {
  readonly engine: SessionEngine;
  readonly ids: SignatureCache;
  readonly store: SessionStore;
  readonly sessionName: string;
  readonly cookieName: string;
  readonly unset: 'keep' | 'destroy';
  readonly answer: (error: unknown, session: RequestSession) => boolean;
  readonly report: (error: unknown) => void;
  /** Hears of a commit that takes its time. */
  readonly underWay: (commit: Promise<unknown>) => void;
  /** Hears that a session was not kept because its cookie could not be sent. */
  readonly undeliverable: () => void;
  /** Called when a cookie is sent without attributes that its options ask for. */
  readonly leftOut: (attributes: readonly string[]) => void;
}

/**
 * One session of one request: opened when someone looks at it, settled when the gate asks, and the outcome put into the
 * headers. Where nobody looks and nothing is due, there is nothing to settle.
 *
 * Longer than other files, because one object per request stands for what three sides want of it: application, engine, gate.
 */
export class RequestSession implements AttachedSession, RequestContext, CommitHooks, UngatedHooks {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
  readonly cookies: OptionsCookieFactory;
  /** The client sent a cookie of this name, good or not. */
  readonly presented: boolean;
  accessed = false;
  isMounted = false;
  other: AttachedSession | undefined = undefined;
  waiting: Mounting | undefined = undefined;
  readonly #parts: RequestParts;
  /** The connection is secure. */
  readonly #secure: boolean;
  #found: FoundSession | null = null;
  /** The client sent cookies of several live sessions: the response clears them. */
  #isDuplicate = false;
  /** Why it is not known whether there is a session. */
  #failure: SessionError | null = null;
  /** How to find the session, until someone has asked for it; then the promise of that. */
  #find: (() => Awaitable<void>) | null = null;
  #loading: Promise<void> | null = null;
  /** The application has let go of the session, loaded or not. */
  #isReleased = false;
  #opened: OpenSession | null = null;
  #gate: ResponseGate | UngatedResponse | null = null;
  #cookie: CookieOutcome = 'none';

  constructor(
    parts: RequestParts,
    exchange: Pick<RequestSession, 'req' | 'res' | 'next'>,
    cookies: OptionsCookieFactory,
    presented: boolean,
    secure: boolean,
  ) {
    this.#parts = parts;
    this.req = exchange.req;
    this.res = exchange.res;
    this.next = exchange.next;
    this.cookies = cookies;
    this.presented = presented;
    this.#secure = secure;
  }

  get name(): string {
    return this.#parts.sessionName;
  }
  get store(): SessionStore {
    return this.#parts.store;
  }
  /** Handed to `genid`. */
  get context(): IncomingMessage {
    return this.req;
  }

  /** As {@link found}; from here on the answer waits for the session. */
  begin(found: FindResult, failure: SessionError | null): void {
    this.found(found, failure);
    this.#armGate();
  }

  /** It is known now which session the request has, or why that is not known. */
  found(found: FindResult, failure: SessionError | null): void {
    this.#isDuplicate = found === 'duplicate';
    this.#found = found === 'duplicate' ? null : found;
    this.#failure = failure;
  }

  /** The session is found when someone asks for it, and not before. */
  beginLazily(find: () => Awaitable<void>): void {
    this.#find = find;
    this.#armGate();
  }

  #armGate(): void {
    this.#gate = isNodeResponse(this.res)
      ? ResponseGate.at(this.res, this)
      : new UngatedResponse(this.res, this);
  }

  /** A load that fails leaves the session as unknown as it was: nobody may take it for a fresh one. */
  load(): Awaitable<void> {
    if (this.#loading !== null || this.#find === null) return this.#loading ?? undefined;
    const loading = this.#find();
    if (!(loading instanceof Promise)) return this.#loaded();
    this.#loading = loading.then(() => this.#loaded()).finally(() => (this.#loading = null));
    return this.#loading;
  }

  #loaded(): void {
    this.#find = null;
    if (this.#isReleased) this.release();
  }

  get isReleasedUnseen(): boolean {
    return this.#isReleased && this.#find !== null;
  }

  get opened(): OpenSession {
    if (this.#opened !== null) return this.#opened;
    if (this.#find !== null) throw new Error('A session was opened before it was loaded.');
    const opened = this.#parts.engine.take(this, this.#found);
    return (this.#opened = this.#failure === null ? opened : opened.withoutStore(this.#failure));
  }

  release(): void {
    this.#isReleased = true;
    // What is not loaded yet cannot be removed yet.
    if (this.#find === null && this.opened.isAlive) this.opened.release(this.#parts.unset === 'destroy');
  }

  /** Whether the answer has begun, as far as the application can tell. */
  hasBegun(): boolean {
    return this.#gate?.hasBegun ?? this.res.headersSent;
  }

  whenClosed(step: () => Promise<void>): void {
    const closed = (): void => this.#parts.underWay(step());
    // A response that has closed emits no further event.
    if (isNodeResponse(this.res) && isGone(this.res)) setImmediate(closed);
    else emitterOf(this.res, this.req)?.once('close', closed);
  }

  /** Whether a cookie can still reach the browser. */
  channel(): CookieChannel {
    const canSend = this.#gate === null ? !this.res.headersSent : this.#gate.canSendHeaders;
    if (!canSend) return 'sent';
    return this.#isInsecure(this.opened) ? 'insecure' : 'open';
  }

  commit(): unknown {
    // `delete req.session` lets go of the session as `req.session = null` does.
    if (this.name === DEFAULT_SESSION && !this.#isReleased && !Object.hasOwn(this.req, 'session'))
      this.release();
    if (this.#find !== null) return this.#commitUnseen();
    if (this.#opened === null && !this.#isCommitDue()) return undefined;
    const { opened } = this;
    if (this.#isInsecure(opened) && opened.isNew && opened.hasChanges()) this.#parts.undeliverable();
    let outcome: Awaitable<CookieOutcome>;
    try {
      outcome = opened.commit();
    } catch (error) {
      return this.#failed(opened, error);
    }
    if (outcome instanceof Promise) {
      this.#parts.underWay(outcome);
      return outcome.then(
        (cookie) => this.#settled(cookie),
        (error: unknown) => this.#failed(opened, error),
      );
    }
    this.#settled(outcome);
    return undefined;
  }

  /** The error response still carries the cookie of an id that the store holds. */
  #failed(opened: OpenSession, error: unknown): never {
    this.#cookie = opened.cookieAfterFailure();
    throw error;
  }

  /** Nobody has seen the session: only where it must be removed it has to be found for that. */
  #commitUnseen(): unknown {
    if (this.#isReleased && this.#parts.unset === 'destroy') return chain(this.load(), () => this.commit());
    // A load under way that nobody has waited for: where it fails there is nothing to save.
    return this.#loading?.then(
      () => this.commit(),
      () => undefined,
    );
  }

  /** The cookie that a commit would lead to, if the store holds what this request has loaded. */
  planHeaders(): void {
    if (this.#find === null && (this.#opened !== null || this.#isCommitDue()))
      this.#cookie = this.opened.plannedCookie();
  }

  get hasHeaders(): boolean {
    return this.#cookie !== 'none' || this.accessed || this.#isDuplicate;
  }

  writeHeaders(): void {
    const res: HeaderWriter = this.res;
    if (this.accessed) varyByCookie(res);
    if (this.#cookie === 'none' && !this.#isDuplicate) return;
    const others = res.getHeader?.('Set-Cookie');
    const own = this.#cookieHeaders(this.#cookie);
    res.setHeader('Set-Cookie', others === undefined ? own : [...[others].flat().map(String), ...own]);
    forbidStoring(res);
  }

  undelivered(): void {
    const opened = this.#opened;
    if (opened === null) return;
    // A store that is down throws at once.
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

  #isCommitDue(): boolean {
    return this.#failure === null && this.#parts.engine.isCommitDue(this.#found, this.cookies);
  }

  #settled(cookie: CookieOutcome): void {
    this.#cookie = cookie;
  }

  /** A new cookie comes after those that clear: a browser applies them in their order. */
  #cookieHeaders(outcome: CookieOutcome): string[] {
    const own = outcome === 'none' ? [] : this.#ownCookieHeaders(outcome);
    if (!this.#isDuplicate) return own;
    const sent = outcome === 'none' ? null : this.opened.cookie;
    return [...clearDuplicates(this.#parts.cookieName, this.cookies.make(null, 0), sent), ...own];
  }

  #ownCookieHeaders(outcome: 'send' | 'clear'): string[] {
    const { opened } = this;
    const { cookieName, ids } = this.#parts;
    if (outcome === 'clear') return [clearCookie(cookieName, opened.sentCookie)];
    if (this.cookies.leftOut.length > 0) this.#parts.leftOut(this.cookies.leftOut);
    const replaced = opened.replacedCookie;
    const own = setSentCookie(cookieName, ids.signed(opened.id), opened.sendCookie());
    return replaced === null ? [own] : [clearCookie(cookieName, replaced), own];
  }

  /** The cookie demands a secure connection and this one is not. */
  #isInsecure(opened: OpenSession): boolean {
    return !this.#secure && opened.isCookieSecure;
  }
}

/** What emits `close` for a response; one that is not one of Node's may emit nothing, and its connection does. */
function emitterOf(res: ServerResponse, { socket }: IncomingMessage): Pick<ServerResponse, 'once'> | null {
  const emitters = [res, socket] as Partial<ServerResponse | null>[];
  return (emitters.find((one) => typeof one?.once === 'function') ?? null) as ServerResponse | null;
}
