import type { IncomingMessage, ServerResponse } from 'node:http';
import { signedValue, type Secret } from '../cookie/cookie-signature.js';
import { clearCookie, setCookie } from '../cookie/set-cookie.js';
import type { CookieOutcome } from '../core/open-session.js';
import type { CookieChannel } from '../core/open-request.js';
import { releaseIfDeleted, type AttachedSession } from './attached-sessions.js';
import { forbidStoring, varyByCookie } from './cache-headers.js';
import { statusOf } from './http-error.js';
import type { GateKeeper, ResponseGate } from './response-gate.js';

/** What an exchange needs to know of the options and the connection. */
export interface ExchangeSettings {
  readonly name: string;
  readonly secrets: readonly Secret[];
  readonly sessionName: string;
  /** The connection is secure. */
  readonly secure: boolean;
}

/** Whom an exchange turns to. */
export interface ExchangeHooks {
  readonly answer: (error: unknown) => boolean;
  readonly report: (error: unknown) => void;
  /** Hears of a commit that takes its time. */
  readonly underWay: (commit: Promise<unknown>) => void;
  /** Hears that a session was not kept because its cookie could not be sent. */
  readonly undeliverable: () => void;
}

/** One request and its answer: settles the session when the gate asks, and puts the outcome into the headers. */
export class SessionExchange implements GateKeeper {
  gate: ResponseGate | null = null;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #settings: ExchangeSettings;
  #attached!: AttachedSession;
  #hooks!: ExchangeHooks;
  #cookie: CookieOutcome = 'none';

  constructor(req: IncomingMessage, res: ServerResponse, settings: ExchangeSettings) {
    this.#req = req;
    this.#res = res;
    this.#settings = settings;
  }

  begin(attached: AttachedSession, hooks: ExchangeHooks): void {
    this.#attached = attached;
    this.#hooks = hooks;
  }

  /** Whether the answer has begun, as far as the application can tell. */
  hasBegun(): boolean {
    return this.gate?.hasBegun ?? this.#res.headersSent;
  }

  /** Whether a cookie can still reach the browser. */
  channel(): CookieChannel {
    if (this.gate?.isHeadOut ?? this.#res.headersSent) return 'sent';
    return this.#isInsecure() ? 'insecure' : 'open';
  }

  commit(): unknown {
    const { opened } = this.#attached;
    releaseIfDeleted(this.#req, this.#settings.sessionName, this.#attached);
    if (this.#isInsecure() && opened.isNew && opened.hasChanges()) this.#hooks.undeliverable();
    const outcome = opened.commit();
    if (outcome instanceof Promise) {
      this.#hooks.underWay(outcome);
      return outcome.then((cookie) => this.#settled(cookie));
    }
    this.#settled(outcome);
    return undefined;
  }

  get hasHeaders(): boolean {
    return this.#cookie !== 'none' || this.#attached.accessed;
  }

  writeHeaders(): void {
    const res = this.#res;
    if (this.#attached.accessed) varyByCookie(res);
    if (this.#cookie === 'none') return;
    const others = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
    res.setHeader('Set-Cookie', [...others, this.#cookieHeader(this.#cookie)]);
    forbidStoring(res);
  }

  answer(error: unknown): boolean {
    return this.#hooks.answer(error);
  }

  report(error: unknown): void {
    this.#hooks.report(error);
  }

  readonly statusOf = statusOf;

  #settled(cookie: CookieOutcome): void {
    this.#cookie = cookie;
  }

  #cookieHeader(outcome: 'send' | 'clear'): string {
    const { opened } = this.#attached;
    const { name, secrets } = this.#settings;
    if (outcome === 'clear') return clearCookie(name, opened.cookie);
    return setCookie(name, signedValue(opened.id, secrets), opened.sendCookie());
  }

  /** The cookie demands a secure connection and this one is not. */
  #isInsecure(): boolean {
    return (
      !this.#settings.secure && (this.#attached as AttachedSession | undefined)?.opened.cookie.secure === true
    );
  }
}
