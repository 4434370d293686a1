import type { IncomingMessage, ServerResponse } from 'node:http';
import { rawCookieValues } from '../cookie/cookie-header.js';
import { followMoves, type FindKey } from '../core/session/moved-session.js';
import { hasUnsaved, keepAlive, refresh } from '../core/session/session-refresh.js';
import { endOf, type SessionEnd } from '../core/watch/session-end.js';
import { SessionWatch } from '../core/watch/session-watch.js';
import type { EventReporter } from './event-reporter.js';
import { attachedOf, DEFAULT_SESSION, isMounted, type AttachedSession } from './request-properties.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';
import { keyFinder } from './moved-key.js';
import { announce } from './session-mounting.js';
import { noticesOf } from './session-notices.js';
import type { SessionHandler } from './session-handler.js';
import { isForeignFetch, isOwnOrigin } from './trusted-origin.js';

/** What the sessions of connections work with. */
export interface ConnectionParts {
  readonly options: ResolvedSessionOptions;
  readonly handler: SessionHandler;
  readonly events: EventReporter;
  readonly sessionName: string | undefined;
}

/** Stands for the response of a handshake: nothing can be sent with it. */
const NO_RESPONSE = Object.freeze({}) as ServerResponse;

/**
 * The sessions of one name for connections that outlive their request: sockets, subscriptions, event streams.
 */
export class ConnectionSessions {
  readonly name: string;
  readonly #parts: ConnectionParts;
  readonly #watch: SessionWatch;
  readonly #findKey: FindKey;
  #hasWarned = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.name = parts.sessionName ?? DEFAULT_SESSION;
    this.#findKey = keyFinder(parts.options, this.name);
    const { clock, checkEveryMs: everyMs } = parts.options;
    const { events } = parts;
    const reports = noticesOf(parts.options, this.name, events);
    this.#watch = new SessionWatch({ events, clock, everyMs, reports });
  }

  /**
   * Loads the session of a handshake by its cookie, once.
   *
   * *Shape*: `undefined` where the path of the cookie does not cover the handshake.
   *
   * @throws the error of the application's error response, such as a 503 where the store fails
   */
  async load(req: IncomingMessage): Promise<AttachedSession | undefined> {
    if (!isMounted(req, this.name)) {
      const mounted = this.#mount(req);
      announce(req, this.name, mounted);
      await mounted;
    }
    const attached = attachedOf(req, this.name);
    await attached?.load();
    return attached;
  }

  #mount(req: IncomingMessage): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#parts.handler.handle(req, NO_RESPONSE, (error) =>
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the error of the load, unchanged
        error === undefined ? resolve() : reject(error),
      );
    });
  }

  /**
   * Whether a handshake may use the session of its cookie: a page of another origin must not. A handshake
   * without `Origin` is one of the own page, or none of a browser's, unless the browser says otherwise.
   *
   * @see requirement S-63; OWASP ASVS 5.0, 4.4.2
   */
  isTrusted(req: IncomingMessage): boolean {
    const { name, trustedOrigins } = this.#parts.options;
    const { origin, cookie = '' } = req.headers;
    if (rawCookieValues(cookie, name).length === 0) return true;
    if (origin === undefined) return !isForeignFetch(req);
    if (isOwnOrigin(req, origin) || trustedOrigins.includes(origin)) return true;
    if (!this.#hasWarned) this.#parts.events.warnOnce(foreignOrigin(origin));
    // Once: any page can send one.
    this.#hasWarned = true;
    return false;
  }

  /**
   * Calls `end` once when the session ends. Returns a function for the connection that was closed before.
   * With `keepsAlive` the open connection counts as activity of the session.
   */
  watch(attached: AttachedSession, end: (reason: SessionEnd) => void, keepsAlive = false): () => void {
    const { opened } = attached;
    if (opened.isNew || !opened.isAvailable) return () => undefined;
    followMoves(attached, this.#findKey);
    return this.#watch.add(opened, end, keepsAlive);
  }

  /**
   * Reads a session again. Changes that were not saved stay. Returns why it has ended; `null` if it has not.
   *
   * @throws SessionError `ERR_SESSION_STORE`
   */
  async refresh({ opened }: AttachedSession): Promise<SessionEnd | null> {
    const loss = await opened.run(refresh);
    return loss === null ? null : endOf(loss);
  }

  /** Counts as activity of the session. A store that fails does not fail the caller. */
  async keepAlive({ opened }: AttachedSession): Promise<void> {
    if (opened.isAvailable) await opened.run(keepAlive).catch(() => undefined);
  }

  /** Warns where a connection has ended with changes of its session that nobody has saved. */
  async reportUnsaved({ opened }: AttachedSession): Promise<void> {
    // A value that JSON cannot represent was changed too.
    const isUnsaved = opened.isAvailable && (await opened.run(hasUnsaved).catch(() => true));
    if (isUnsaved) this.#parts.events.warnOnce(UNSAVED);
  }

  /** Watches nothing any more. */
  close(): Promise<void> {
    return this.#watch.close();
  }
}

const LONGEST_ORIGIN = 100;

const foreignOrigin = (origin: string): string =>
  `A socket with a session cookie was closed: its page is of the origin ${JSON.stringify(origin.slice(0, LONGEST_ORIGIN))}. ` +
  'If that page is yours, add its origin to the option trustedOrigins. Other such sockets are closed without a warning.';

const UNSAVED =
  'A socket was closed with changes of its session that nobody had saved. No response saves them: call ' +
  'await session.save() in the handler that makes them.';
