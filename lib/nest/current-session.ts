import { SessionError } from '../core/errors.js';
import type { SessionData, UserSession } from '../core/session/user-session.js';
import { getSession } from '../http/get-session.js';
import { isMounted } from '../http/request-properties.js';
import type { CurrentRequest } from './current-request.js';

/**
 * The session of the request that the running code serves: for services and other providers without access to
 * the request. Inject it into any provider, which stays a singleton:
 * `constructor(private readonly current: CurrentSession) {}`.
 *
 * It uses one `AsyncLocalStorage`, which exists only where something injects it.
 */
export class CurrentSession {
  readonly #requests: CurrentRequest;
  readonly #name: string;

  /** @internal Nest makes it. */
  constructor(requests: CurrentRequest, sessionName: string) {
    this.#requests = requests;
    this.#name = sessionName;
  }

  /**
   * The session of the request.
   *
   * *Shape*: `undefined` once the request has destroyed its session.
   *
   * @throws SessionError `ERR_SESSION_NOT_MOUNTED` outside of a request, and in one without a session.
   * `ERR_SESSION_NOT_LOADED` if it must be loaded first: see the option `load`.
   */
  get session(): UserSession<SessionData> | undefined {
    const { request } = this.#requests;
    if (request === undefined) throw outsideOfRequest();
    return getSession(request, this.#name);
  }

  /**
   * The user that `session.login()` or the option `principal` has bound to the session; `null` for an
   * anonymous session, and after `destroy()`.
   *
   * @throws SessionError as {@link session}
   */
  get principal(): string | null {
    return this.session?.principal ?? null;
  }

  /** Whether the code runs in a request that has a session. For code that also runs in jobs. */
  get isAvailable(): boolean {
    const { request } = this.#requests;
    return request !== undefined && isMounted(request, this.#name);
  }
}

const outsideOfRequest = () =>
  new SessionError(
    'ERR_SESSION_NOT_MOUNTED',
    'There is no current session: this code runs outside of a request, such as in a job, a timer or an event of ' +
      'another connection. Pass it what it needs, or check current.isAvailable first.',
  );
