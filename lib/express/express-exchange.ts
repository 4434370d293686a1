import type { ServerResponse } from 'node:http';
import { signedValue, type Secret } from '../cookie/cookie-signature.js';
import type { GateKeeper } from '../http/response-gate.js';
import { isSecureRequest } from '../http/request-facts.js';
import type { ResolvedExpressOptions } from './express-options.js';
import { HeldSessions, inOrder, mergeWritten, textOf, type Base, type HeldSession } from './held-sessions.js';
import { Session, type Callback, type SessionedRequest } from './session.js';

type Next = (error?: unknown) => void;

/** What a request of express-session knows of its session, and what it does when the answer begins and when it ends. */
export class ExpressExchange implements GateKeeper {
  readonly #req: SessionedRequest;
  readonly #res: ServerResponse;
  readonly #next: Next;
  readonly #options: ResolvedExpressOptions;
  readonly #secrets: readonly Secret[];
  readonly #sessions: HeldSessions;
  readonly #held = new Map<string, HeldSession>();
  readonly #base: Base = { text: null };
  /** The id that the browser's cookie carried. */
  readonly #cookieId: string | undefined;
  #originalId: string | undefined;
  #originalText: string | undefined;
  /** The text that the store holds as far as is known, and under which id. */
  #savedText: string | undefined;
  #savedId: string | undefined;
  #touched = false;
  #storeTouched = false;
  #headersDecided = false;
  #cookieDue = false;
  #saveFailed = false;

  constructor(
    req: SessionedRequest,
    res: ServerResponse,
    next: Next,
    options: ResolvedExpressOptions,
    secrets: readonly Secret[],
  ) {
    this.#req = req;
    this.#res = res;
    this.#next = next;
    this.#options = options;
    this.#secrets = secrets;
    this.#sessions = HeldSessions.of(options.store);
    this.#cookieId = req.sessionID;
    res.once('close', () => {
      for (const id of this.#held.keys()) this.#sessions.letGo(id);
    });
  }

  /** The request has a session from here on: found in the store, or new. */
  begin(found: boolean): void {
    const session = this.#req.session!;
    this.#originalId = this.#req.sessionID;
    this.#originalText = textOf(session);
    if (found) this.#base.text = this.#originalText;
    if (found && !this.#options.resave) {
      this.#savedText = this.#originalText;
      this.#savedId = session.id;
    }
    this.wrap(session);
  }

  /** Makes a session of this request known here: what it saves and loads is seen. */
  wrap(session: Session): void {
    if (typeof session.id === 'string' && !this.#held.has(session.id))
      this.#held.set(session.id, this.#sessions.hold(session.id));
    const define = (name: string, value: unknown): void =>
      void Object.defineProperty(session, name, {
        value,
        configurable: true,
        enumerable: false,
        writable: true,
      });
    define('save', (callback?: Callback) => this.#save(session, callback ?? noop));
    define('reload', (callback: Callback) => this.#reload(session, callback));
  }

  /** Removes the session of an id, after what is under way for it; nobody here writes it again. */
  forget(id: string, remove: (done: Callback) => void, callback: Callback): void {
    const held = this.#held.get(id) ?? { holders: 0, destroyed: false, written: null, steps: [] };
    held.destroyed = true;
    inOrder(held, (done) =>
      remove((error) => {
        done();
        callback(error);
      }),
    );
  }

  commit(): unknown {
    const { store } = this.#options;
    const req = this.#req;
    if (this.#shouldDestroy())
      return this.#settle((done) =>
        this.forget(req.sessionID!, (gone) => store.destroy(req.sessionID!, gone), done),
      );
    const { session } = req;
    if (session == null) return undefined;
    if (typeof session.touch !== 'function')
      throw new TypeError(
        'req.session must be a session, null or undefined; use req.session.regenerate() for an empty one',
      );
    // A new session whose cookie cannot be sent any more would be found by nobody (W25).
    const canBeFound = !this.#headersDecided || this.#cookieDue || this.#cookieId === session.id;
    if (!this.#headersDecided) this.#decideHeaders(session);
    this.#touchOnce(session);
    if (this.#shouldSave(session)) return canBeFound ? this.#settle((done) => session.save(done)) : undefined;
    if (!this.#shouldTouch()) return undefined;
    this.#storeTouched = true;
    return this.#settle((done) => store.touch!(req.sessionID!, session, done));
  }

  writeHeaders(): void {
    if (!this.#cookieDue || this.#saveFailed) return;
    const req = this.#req;
    try {
      const cookie = req.session!.cookie.serialize(
        this.#options.name,
        signedValue(req.sessionID!, this.#secrets),
      );
      const others = [this.#res.getHeader('Set-Cookie') ?? []].flat().map(String);
      this.#res.setHeader('Set-Cookie', [...others, cookie]);
    } catch (error) {
      this.report(error);
    }
  }

  answer(error: unknown): boolean {
    this.#next(error);
    return true;
  }

  /** The answer goes out as it is; the application hears of the error afterwards. */
  report(error: unknown): void {
    setImmediate(this.#next, error);
  }

  statusOf(): number {
    return 500;
  }

  #decideHeaders(session: Session): void {
    this.#headersDecided = true;
    if (!this.#shouldSetCookie(session)) return;
    this.#cookieDue = !(session.cookie.secure && !isSecureRequest(this.#req, this.#options.proxy));
  }

  /** Waits for the store, if it takes its time; its errors do not change the answer. */
  #settle(step: (done: Callback) => void): Promise<void> | undefined {
    let settled = false;
    let resolve: (() => void) | null = null;
    step((error) => {
      if (settled) return;
      settled = true;
      if (error) {
        this.#saveFailed = this.#cookieId !== this.#req.sessionID;
        this.report(error);
      }
      resolve?.();
    });
    return settled ? undefined : new Promise((done) => (resolve = done));
  }

  #save(session: Session, callback: Callback): void {
    const { store } = this.#options;
    const held = this.#held.get(session.id)!;
    const before = this.#savedText;
    inOrder(held, (done) => {
      if (held.destroyed) return (done(), callback());
      try {
        mergeWritten(session, this.#base, held);
        this.#savedText = held.written = this.#base.text = textOf(session);
        this.#savedId = session.id;
        store.set(session.id, session, (error) => {
          if (error) this.#savedText = before;
          done();
          callback(error);
        });
      } catch (error) {
        this.#savedText = before;
        done();
        throw error;
      }
    });
  }

  #reload(session: Session, callback: Callback): void {
    Session.prototype.reload.call(session, (error: unknown) => {
      const { session: fresh } = this.#req;
      if (!error && fresh) {
        this.wrap(fresh);
        this.#base.text = textOf(fresh);
      }
      callback(error);
    });
  }

  #touchOnce(session: Session): void {
    if (this.#touched) return;
    this.#touched = true;
    session.touch();
  }

  #isModified(session: Session): boolean {
    return this.#originalId !== session.id || this.#originalText !== textOf(session);
  }

  #shouldSetCookie(session: Session): boolean {
    const { sessionID } = this.#req;
    if (typeof sessionID !== 'string') return false;
    if (this.#cookieId !== sessionID) return this.#options.saveUninitialized || this.#isModified(session);
    return this.#options.rolling || (session.cookie.expires != null && this.#isModified(session));
  }

  #shouldDestroy(): boolean {
    return Boolean(this.#req.sessionID) && this.#options.unset === 'destroy' && this.#req.session == null;
  }

  #shouldSave(session: Session): boolean {
    const { sessionID } = this.#req;
    if (typeof sessionID !== 'string') return false;
    if (!this.#options.saveUninitialized && this.#savedText === undefined && this.#cookieId !== sessionID)
      return this.#isModified(session);
    return this.#savedId !== session.id || this.#savedText !== textOf(session);
  }

  #shouldTouch(): boolean {
    if (this.#storeTouched || typeof this.#options.store.touch !== 'function') return false;
    return typeof this.#req.sessionID === 'string' && this.#cookieId === this.#req.sessionID;
  }
}

function noop(): void {}
