import { leftOutAttributes, resolveCookie, type CookieOptions } from '../cookie/cookie-options.js';
import { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import type { IncomingMessage } from 'node:http';
import type { ResolvedSessionOptions } from './resolved-session-options.js';

/** The cookie factories of the requests of one middleware. */
export class RequestCookies {
  readonly #options: ResolvedSessionOptions;
  /** For insecure and for secure connections, where the cookie options are the same for all requests. */
  readonly #fixed: readonly [OptionsCookieFactory, OptionsCookieFactory] | null;

  constructor(options: ResolvedSessionOptions) {
    this.#options = options;
    const { fixedCookie } = options;
    this.#fixed =
      fixedCookie === null ? null : [this.#make(fixedCookie, false), this.#make(fixedCookie, true)];
  }

  /** The factory of all requests; `null` where the cookie options differ by request. */
  get fixed(): OptionsCookieFactory | null {
    return this.#fixed?.[1] ?? null;
  }

  /**
   * The factory of one request; the promise where the application returns a promise of the cookie options.
   * Call it again with the `awaited` options.
   */
  of(
    req: IncomingMessage,
    isSecure: boolean,
    awaited?: CookieOptions,
  ): OptionsCookieFactory | Promise<CookieOptions> {
    if (this.#fixed !== null) return this.#fixed[isSecure ? 1 : 0];
    const options = awaited ?? this.#options.cookie(req);
    return options instanceof Promise ? options : this.#make(options, isSecure);
  }

  #make(options: CookieOptions, isSecure: boolean): OptionsCookieFactory {
    const { clock, cookieLeads } = this.#options;
    const resolved = resolveCookie(options, isSecure, clock.now());
    const leftOut = leftOutAttributes(options, resolved);
    return new OptionsCookieFactory(resolved, () => clock.now(), cookieLeads, leftOut);
  }
}
