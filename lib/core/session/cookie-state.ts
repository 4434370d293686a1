import type { CommitFacts } from './commit-plan.js';
import type { CookieAttributes, CookiePlan, SessionCookie, SessionCookieFactory } from './session-cookie.js';

/**
 * What a cookie object is made from on first read. `endsBy` is the absolute end of the session, and so of its
 * cookie.
 */
export interface CookieSeed {
  readonly settings: string | null;
  readonly touchedAt: number;
  readonly endsBy: number;
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
  #seed: CookieSeed;
  /** `null` until the application reads it or it is sent: it has the settings of the seed. */
  #cookie: SessionCookie | null = null;
  /** Only this class replaces it. */
  browser: BrowserCookie;

  constructor(factory: SessionCookieFactory, browser: BrowserCookie, seed: CookieSeed) {
    this.#factory = factory;
    this.#seed = seed;
    this.browser = browser;
  }

  /** The cookie object, made at the first call. */
  get object(): SessionCookie {
    const { settings, touchedAt, endsBy } = this.#seed;
    return (this.#cookie ??= this.#factory.make(settings, touchedAt, endsBy));
  }

  get plan(): CookiePlan {
    const isPlain = this.#cookie === null && this.#seed.settings === null;
    return isPlain ? this.#factory.plan : this.#factory.planOf(this.object);
  }

  /** The present settings. */
  get settings(): string | null {
    if (this.#cookie === null && this.#seed.settings === null) return null;
    return this.#factory.keep(this.object);
  }

  /** The attributes that were sent to the browser, to clear the cookie. */
  get sent(): CookieAttributes {
    return this.#factory.attributesOf(this.browser.settings ?? null);
  }

  /**
   * The sent attributes, if the browser would keep that cookie beside the present one: browsers identify a
   * cookie by its path, domain and partition. `null` if the present one replaces it.
   */
  get replaced(): CookieAttributes | null {
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
    if (this.#cookie === null && this.#seed.settings === stored) return false;
    // The text that this request would store for the same settings.
    const normalized = stored === null ? null : this.#factory.keep(this.#factory.make(stored, 0));
    return this.settings !== normalized;
  }

  /** Replaces the present settings by those of a record. */
  use(seed: CookieSeed): void {
    this.#seed = seed;
    this.#cookie = null;
  }

  /** Returns a function that restores the cookie as it is now. */
  checkpoint(): () => void {
    const [seed, cookie, { browser }] = [this.#seed, this.#cookie, this];
    return () => {
      this.#seed = seed;
      this.#cookie = cookie;
      this.browser = browser;
    };
  }

  /** Sets the absolute end of the session. Cookie objects that the application holds stay valid. */
  endBy(endsBy: number): void {
    if (endsBy === this.#seed.endsBy) return;
    this.#seed = { ...this.#seed, endsBy };
    if (this.#cookie !== null) this.#factory.endBy(this.#cookie, endsBy);
  }

  /** The id has changed: the cookie that the browser holds has another id. */
  outdate(): void {
    const { client, settings } = this.browser;
    if (client === 'current') this.browser = { client: 'stale', settings };
  }

  /** Restarts the lifetime. */
  restart(now: number): void {
    if (this.#cookie === null) this.#seed = { ...this.#seed, touchedAt: now };
    else this.#factory.touch(this.#cookie, now);
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
