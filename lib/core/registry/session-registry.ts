import { SessionError } from '../errors.js';
import type { UserSession } from '../session/user-session.js';
import { scopedPrincipal } from '../store/principal-scope.js';
import type { StoredSession } from '../store/session-store.js';
import { describeWithoutText } from '../util/describe-value.js';
import type { RegistryParts } from './registry-parts.js';
import { RegistryStore } from './registry-store.js';
import { endSessions } from './revoke-loop.js';
import { handleOf, infoOf, isLive, type SessionInfo } from './session-info.js';

/** The most sessions that {@link SessionRegistry.list} returns. */
const MOST_LISTED = 1000;
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Lists and ends the sessions of users, in requests, jobs and scripts. Each session name has its own
 * registry: on a shared store it never lists or ends the sessions of another name.
 *
 * A session is named by its `handle`. No method returns or accepts an id or a key. A principal is the text or
 * number that `session.login()` or the option `principal` gave.
 *
 * All methods reject with `ERR_SESSION_STORE` if the store fails, and with `ERR_SESSION_CONFIG` if it cannot
 * list the sessions of a principal.
 */
export class SessionRegistry {
  readonly #parts: RegistryParts;
  readonly #store: RegistryStore;

  /** Use `sessionRegistry(options)`, or inject it from the `SessionModule`. */
  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#store = new RegistryStore(parts);
  }

  /**
   * The live sessions of a principal, the newest first, at most 1000. `current` marks one of them as the
   * session of this request.
   */
  async list(
    principal: string | number,
    options: { readonly current?: UserSession | undefined } = {},
  ): Promise<SessionInfo[]> {
    const current = handleOption(options.current, 'current');
    const sessions = await this.#live('list', principal, MOST_LISTED);
    return sessions.map((session) => infoOf(session, this.#parts, current));
  }

  /** How many live sessions a principal has. */
  async count(principal: string | number): Promise<number> {
    return (await this.#live('count', principal, ALL)).length;
  }

  /** One live session of a principal; `null` if the principal has none with this handle. */
  async get(principal: string | number, handle: string): Promise<SessionInfo | null> {
    const sessions = await this.#live('get', principal, ALL);
    const found = sessions.find((session) => handleOf(session, this.#parts.store) === handle);
    return found === undefined ? null : infoOf(found, this.#parts, null);
  }

  /**
   * Ends one session of a principal. The next request with its cookie has no session, on every node, and
   * requests in flight cannot save it again. `false` if the principal has no live session with this handle,
   * also where another principal has one.
   */
  async revoke(principal: string | number, handle: string): Promise<boolean> {
    const { store } = this.#parts;
    const ended = await this.#end('revoke', principal, (session) => handleOf(session, store) === handle);
    return ended > 0;
  }

  /**
   * Ends all sessions of a principal that exist when the call begins, except the session `except`, and
   * returns how many. A session that gets a new id at that moment ends too.
   */
  async revokeAll(
    principal: string | number,
    options: { readonly except?: UserSession | undefined } = {},
  ): Promise<number> {
    const { store } = this.#parts;
    // By its handle, which stays: the key changes when the session gets a new id meanwhile.
    const kept = handleOption(options.except, 'except');
    return this.#end('revokeAll', principal, (session) => handleOf(session, store) !== kept);
  }

  /**
   * Ends all sessions of this session name in constant time, those of anonymous visitors too. Their records
   * stay in the store until they expire, but no request gets them.
   *
   * @throws SessionError `ERR_SESSION_CONFIG` if the store has no epochs.
   */
  async revokeEverything(): Promise<void> {
    const { sink, clock, realm } = this.#parts;
    await this.#store.advanceEpoch('SessionRegistry.revokeEverything()');
    if (!sink.isOn) return;
    const about = { handle: null, principal: null, sessionName: realm, at: clock.now() };
    sink.emit({ type: 'revoked', reason: 'everything', ...about });
  }

  /** The live sessions of a principal, the newest first. */
  async #live(method: string, principal: unknown, limit: number): Promise<readonly StoredSession[]> {
    const scoped = scopedPrincipal(this.#parts.realm, principalText(principal));
    const [sessions, epoch] = await Promise.all([
      this.#store.list(needOf(method), scoped, this.#parts.clock.now(), limit),
      this.#store.epoch(),
    ]);
    return sessions.filter(({ record }) => isLive(record, epoch, this.#parts));
  }

  /** Ends sessions, emits an event for each live one, and returns how many those are. */
  async #end(
    method: string,
    principal: unknown,
    isTarget: (session: StoredSession) => boolean,
  ): Promise<number> {
    const { realm, sink, clock, store } = this.#parts;
    const plain = principalText(principal);
    const epoch = await this.#store.epoch();
    let count = 0;
    const onDeleted = (session: StoredSession): void => {
      if (!isLive(session.record, epoch, this.#parts)) return;
      count++;
      if (!sink.isOn) return;
      const about = { principal: plain, sessionName: realm, at: clock.now() };
      sink.emit({ type: 'revoked', reason: 'registry', handle: handleOf(session, store), ...about });
    };
    const scoped = scopedPrincipal(realm, plain);
    await endSessions(this.#store, { need: needOf(method), principal: scoped, isTarget, onDeleted });
    return count;
  }
}

const needOf = (method: string): string => `SessionRegistry.${method}()`;

/** A principal as text: numbers become decimal text. */
function principalText(principal: unknown): string {
  if (typeof principal === 'string' && principal !== '') return principal;
  if (typeof principal === 'bigint' || Number.isFinite(principal)) return String(principal);
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `A principal must be a text or a number, got ${describeWithoutText(principal)}.`,
  );
}

/** The handle of a session that the caller passes; `null` without one. */
function handleOption(session: UserSession | undefined, option: string): string | null {
  if (session === undefined) return null;
  const { handle } = (session ?? {}) as Partial<UserSession>;
  if (typeof handle === 'string') return handle;
  throw new TypeError(
    `The option ${option} must be a session, such as req.session, got ${describeWithoutText(session)}.`,
  );
}
