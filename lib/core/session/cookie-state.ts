import type { CommitFacts } from './commit-plan.js';
import type { CookiePlan, SessionCookie, SessionCookieFactory } from './session-cookie.js';

/** What a cookie object is made from on first read. `endsBy` is the absolute end of the session, and so of its cookie. */
export class CookieSeed {
  constructor(
    readonly settings: string | null,
    readonly touchedAt: number,
    readonly endsBy: number,
  ) {}
}

/** The cookie that the browser holds. `settings` is `undefined` if this session has not sent one. */
export interface BrowserCookie {
  readonly client: CommitFacts['client'];
  readonly settings: string | null | undefined;
}

/**
 * The cookie of one session during one request: its present settings, and those that were sent to the
 * browser. Settings are the JSON text of what differs from the options; `null` if nothing differs.
 */
export class CookieState {
  readonly #factory: SessionCookieFactory;
  #cookie: SessionCookie | CookieSeed;
  /** Only this class replaces it. */
  browser: BrowserCookie;

  constructor(factory: SessionCookieFactory, browser: BrowserCookie, seed: CookieSeed) {
    this.#factory = factory;
    this.#cookie = seed;
    this.browser = browser;
  }

  /** The cookie object, made at the first call. */
  get object(): SessionCookie {
    const cookie = this.#cookie;
    if (!(cookie instanceof CookieSeed)) return cookie;
    return (this.#cookie = this.#factory.make(cookie.settings, cookie.touchedAt, cookie.endsBy));
  }

  get plan(): CookiePlan {
    const cookie = this.#cookie;
    const isPlain = cookie instanceof CookieSeed && cookie.settings === null;
    return isPlain ? this.#factory.plan : this.#factory.planOf(this.object);
  }

  /** The present settings. */
  get settings(): string | null {
    const cookie = this.#cookie;
    if (cookie instanceof CookieSeed && cookie.settings === null) return null;
    return this.#factory.keep(this.object);
  }

  /** The cookie with the settings that were sent to the browser, to clear it. */
  get sent(): SessionCookie {
    return this.#factory.make(this.browser.settings ?? null, 0);
  }

  /**
   * The sent cookie, if the browser would keep it beside the present one: browsers identify a cookie by its
   * path, domain and partition. `null` if the present one replaces it.
   */
  get replaced(): SessionCookie | null {
    if (!this.isChanged) return null;
    const [sent, { path, domain, partitioned }] = [this.sent, this.object];
    const isSame = sent.path === path && sent.domain === domain && sent.partitioned === partitioned;
    return isSame ? null : sent;
  }

  /** Whether the present settings differ from those that were sent to the browser. */
  get isChanged(): boolean {
    const { settings } = this.browser;
    return settings !== undefined && this.differsFrom(settings);
  }

  /** Whether the present settings differ from stored ones. */
  differsFrom(stored: string | null): boolean {
    const cookie = this.#cookie;
    if (cookie instanceof CookieSeed && cookie.settings === stored) return false;
    // The text that this request would store for the same settings.
    const normalized = stored === null ? null : this.#factory.keep(this.#factory.make(stored, 0));
    return this.settings !== normalized;
  }

  /** Replaces the present settings by those of a record. */
  use(seed: CookieSeed): void {
    this.#cookie = seed;
  }

  /** The id has changed: the cookie that the browser holds has another id. */
  outdate(): void {
    const { client, settings } = this.browser;
    if (client === 'current') this.browser = { client: 'stale', settings };
  }

  /** Restarts the lifetime. */
  restart(now: number): void {
    const cookie = this.#cookie;
    if (cookie instanceof CookieSeed) this.#cookie = new CookieSeed(cookie.settings, now, cookie.endsBy);
    else this.#factory.touch(cookie, now);
  }

  /**
   * Restarts the lifetime and returns the cookie to send now. From here on the browser holds the present id.
   */
  markSent(now: number): SessionCookie {
    this.restart(now);
    this.browser = { client: 'current', settings: this.settings };
    return this.object;
  }
}
