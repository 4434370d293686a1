import { signedValue } from '../cookie/cookie-signature.js';
import { outsidePromises, withoutThrow } from '../http/call-listener.js';
import type { HeaderWriter } from '../http/response/cache-headers.js';
import type { CommitHooks } from '../http/response/commit-hooks.js';
import { isNodeResponse, type UngatedHooks } from '../http/response/ungated-response.js';
import { invokeStore } from '../stores/express-session/callback-store.js';
import { Cookie } from '../stores/express-session/cookie.js';
import type { SessionedRequest } from '../stores/express-session/session.js';
import { CurrentFacts, type MiddlewareCall } from './end-facts.js';
import { needsCookie, planEnd, sendsCookie } from './end-plan.js';
import type { Done } from './shared-sessions.js';

/** Carries out the plans of one response: its store calls and its cookie. */
export class ResponseCommit implements CommitHooks, UngatedHooks {
  readonly #call: MiddlewareCall;
  readonly #facts: CurrentFacts;
  #isCookieDecided = false;
  #isTouched = false;

  constructor(call: MiddlewareCall, isNew: boolean) {
    this.#call = call;
    this.#facts = new CurrentFacts(call, isNew);
  }

  /** Store calls that the application started and did not wait for are completed first. */
  commit(): unknown {
    const underWay = this.#call.writes.whenIdle();
    return underWay === undefined ? this.#commit() : underWay.then(() => this.#commit());
  }

  #commit(): unknown {
    const { session } = this.#call.req;
    this.#facts.isFirstOutput = !this.#isCookieDecided;
    if (session) this.#prepare(session);
    const plan = planEnd(this.#facts, this.#call.options);
    if (plan === 'none') return undefined;
    const id = this.#call.req.sessionID!;
    if (plan === 'destroy') {
      this.#facts.isDestroyed = true;
      return this.#settle((done) => this.#destroy(id, done));
    }
    this.#facts.isWritten = true;
    if (plan === 'save') return this.#settle((done) => session!.save(done));
    if (plan === 'touch') return this.#settle((done) => this.#call.writes.touch(id, session!, done));
    return undefined;
  }

  /** The cookie is decided before `touch()`, which moves its `expires`. */
  #prepare(session: NonNullable<SessionedRequest['session']>): void {
    if (typeof session.touch !== 'function')
      throw new TypeError(
        'req.session must be a session, null or undefined; use req.session.regenerate() for an empty one',
      );
    this.planHeaders();
    if (this.#isTouched) return;
    this.#isTouched = true;
    session.touch();
  }

  planHeaders(): void {
    if (this.#isCookieDecided || typeof this.#call.req.session?.touch !== 'function') return;
    this.#isCookieDecided = true;
    this.#facts.isCookieDue = needsCookie(this.#facts, this.#call.options);
  }

  get hasHeaders(): boolean {
    return sendsCookie(this.#facts);
  }

  writeHeaders(): void {
    const { req, options, secrets } = this.#call;
    if (!this.hasHeaders || !req.session) return;
    try {
      const value = signedValue(req.sessionID!, secrets);
      // Not `session.cookie.serialize()`: an application may have replaced the cookie with a plain object.
      const cookie = Cookie.prototype.serialize.call(req.session.cookie, options.name, value);
      const res: HeaderWriter = this.#call.res;
      const others = [res.getHeader?.('Set-Cookie') ?? []].flat().map(String);
      res.setHeader('Set-Cookie', [...others, cookie]);
    } catch (error) {
      this.report(error);
    }
  }

  undelivered(): void {
    if (!this.#facts.isNew || !this.#facts.isStored) return;
    const done = (error?: unknown): void => {
      if (error) this.report(error);
    };
    // `done` gets an exception of the store too.
    withoutThrow(() => this.#destroy(this.#call.req.sessionID!, done));
  }

  #destroy(id: string, done: Done): void {
    const { options, writes } = this.#call;
    writes.destroy(id, (callback) => invokeStore(options.store, 'destroy', [id], callback), done);
  }

  /** A promise of the gate calls this. An exception of the application must not reject that promise. */
  answer(error: unknown): boolean {
    let hasReturned = false;
    outsidePromises(() => {
      this.#call.next(error);
      hasReturned = true;
    });
    return hasReturned;
  }

  /**
   * Calls `next` again with the error (R61); the response is sent unchanged. Beside a response that is not
   * one of Node's, a second `next` can end an established connection: there the error becomes a process
   * warning.
   */
  report(error: unknown): void {
    const { req, res, next, sentId } = this.#call;
    if (isNodeResponse(res)) return void setImmediate(next, error);
    const message = error instanceof Error ? error.message : 'unknown error';
    // Errors of these stores can contain the id, for example in a path.
    const ids = [sentId, req.sessionID].filter((id) => Boolean(id)) as string[];
    const reason = ids.reduce((text, id) => text.replaceAll(id, '(id)'), message);
    process.emitWarning(`A session was not saved beside its response: ${reason}`, 'SessionWarning');
  }

  statusOf(): number {
    return 500;
  }

  /**
   * Runs a store call; a promise if it does not call back immediately. An error that the store passes goes to
   * `next`; an exception that it throws rejects, and so replaces the response.
   */
  #settle(call: (done: Done) => void): Promise<void> | undefined {
    let isSettled = false;
    let resume: (() => void) | null = null;
    let exception: { error: Error } | null = null;
    call((error, thrown) => {
      isSettled = true;
      if (error && thrown !== 'now') this.#facts.hasFailed = this.#facts.id !== 'sent';
      if (thrown === 'late') exception = { error: error as Error };
      else if (error && thrown === undefined) this.report(error);
      resume?.();
    });
    if (isSettled) return undefined;
    return new Promise((resolve, reject) => {
      resume = () => (exception === null ? resolve() : reject(exception.error));
    });
  }
}
