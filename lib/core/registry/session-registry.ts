import type { SessionError } from '../errors.js';
import type { SessionData, UserSession } from '../session/user-session.js';
import { scopedPrincipal } from '../store/principal-scope.js';
import type { StoredSession } from '../store/session-store.js';
import { CursorSeal } from './cursor-seal.js';
import { deleteRefused } from './prune.js';
import { handlesOption, principalOf } from './registry-arguments.js';
import type { RegistryParts } from './registry-parts.js';
import { RegistryStore } from './registry-store.js';
import { endSessions } from './revoke-loop.js';
import { handleOf, infoOf, isLive, type SessionInfo } from './session-info.js';
import { readPage, type SessionInfoPage } from './session-pages.js';
import { type SessionSnapshot, sessionSnapshotOf } from './session-snapshot.js';

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
 * `list` and `revokeAll` reject with a TypeError for a session of another name as `current` or `except`. All
 * methods reject with `ERR_SESSION_STORE` if the store fails, and with `ERR_SESSION_CONFIG` if it cannot
 * list the sessions of a principal.
 */
export class SessionRegistry implements AsyncIterable<SessionInfo> {
  readonly #parts: RegistryParts;
  readonly #store: RegistryStore;
  readonly #cursors: CursorSeal;
  #pruned: Promise<void> = Promise.resolve();

  /** Use `sessionRegistry(options)`, or inject it from the `SessionModule`. */
  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#store = new RegistryStore(parts);
    this.#cursors = new CursorSeal(parts.cursorKeys);
  }

  /**
   * The live sessions of a principal, the newest first, at most 1000. `current` marks one of them as the
   * session of this request.
   */
  async list(
    principal: string | number | bigint,
    options: { readonly current?: UserSession | undefined } = {},
  ): Promise<SessionInfo[]> {
    const current = handlesOption(options.current, 'current', this.#parts.realm);
    const sessions = await this.#live('list', principal, MOST_LISTED);
    return sessions.map((session) => infoOf(session, this.#parts, current));
  }

  /** How many live sessions a principal has. */
  async count(principal: string | number | bigint): Promise<number> {
    return (await this.#live('count', principal, ALL)).length;
  }

  /** One live session of a principal; `null` if the principal has none with this handle. */
  async get(principal: string | number | bigint, handle: string): Promise<SessionInfo | null> {
    const found = await this.#find('get', principal, handle);
    return found === undefined ? null : infoOf(found, this.#parts, []);
  }

  /**
   * A read-only copy of one live session of a principal, with its attributes: for jobs and handlers of
   * messages, which get `session.principal` and `session.handle` from the request. `null` as for `get()`. It
   * does not touch the session, and later changes do not change it.
   *
   * @throws SessionError `ERR_SESSION_VALUE` for an attribute whose stored text is not JSON.
   */
  async sessionSnapshot<T extends object = SessionData>(
    principal: string | number | bigint,
    handle: string,
  ): Promise<SessionSnapshot<T> | null> {
    const found = await this.#find('sessionSnapshot', principal, handle);
    return found === undefined ? null : sessionSnapshotOf<T>(found, this.#parts);
  }

  /**
   * Ends one session of a principal. The next request with its cookie has no session, on every node, and
   * requests in flight cannot save it again. `false` if the principal has no live session with this handle,
   * also where another principal has one.
   */
  async revoke(principal: string | number | bigint, handle: string): Promise<boolean> {
    const { store } = this.#parts;
    const ended = await this.#end('revoke', principal, (session) => handleOf(session, store) === handle);
    return ended > 0;
  }

  /**
   * Ends all sessions of a principal that exist when the call begins, except the session `except`, and
   * returns how many. A session that gets a new id at that moment ends too.
   */
  async revokeAll(
    principal: string | number | bigint,
    options: { readonly except?: UserSession | undefined } = {},
  ): Promise<number> {
    const { store, realm } = this.#parts;
    // By its handle, which stays: the key changes when the session gets a new id meanwhile.
    const kept = handlesOption(options.except, 'except', realm);
    return this.#end('revokeAll', principal, (session) => !kept.includes(handleOf(session, store)));
  }

  /**
   * Ends all sessions of this session name in constant time, those of anonymous visitors too. From then on no
   * request gets one of them. Their records are deleted later: concurrently where the store can list all of
   * its sessions, else when they expire.
   *
   * @throws SessionError `ERR_SESSION_CONFIG` if the store has no epochs.
   */
  async revokeEverything(): Promise<void> {
    const { sink, clock, realm } = this.#parts;
    const need = needOf('revokeEverything');
    const epoch = await this.#store.advanceEpoch(need);
    const at = clock.now();
    const about = { handle: null, principal: null, sessionName: realm, at };
    if (sink.isOn) sink.emit({ type: 'revoked', reason: 'everything', ...about });
    if (!this.#store.canScan) return;
    this.#pruned = this.#pruned
      .then(() => deleteRefused(this.#store, { need, realm, epoch, at }))
      .catch((error: unknown) => {
        if (sink.isOn) sink.emit({ type: 'sweep-failed', error: error as SessionError });
      });
  }

  /**
   * One page of all live sessions of this session name, also those of anonymous visitors, in no order.
   * `cursor` is the one of the page before, and `null` for the first page. A session that exists from the
   * first page to the last one, under one id, is on at least one of them. On Redis Cluster one is missing if
   * its slot moves to another server meanwhile.
   *
   * @throws SessionError `ERR_SESSION_VALUE` for a cursor of another registry: one with another `secret`.
   */
  async page(cursor: string | null = null): Promise<SessionInfoPage> {
    const from = cursor === null ? null : this.#cursors.open(cursor);
    const { sessions, cursor: next } = await readPage(this.#store, needOf('page'), from, this.#parts);
    return { sessions, cursor: next === null ? null : this.#cursors.seal(next) };
  }

  /** All live sessions of this session name, as {@link SessionRegistry.page} lists them. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SessionInfo, void, undefined> {
    for (let cursor: string | null = null; ;) {
      const page: SessionInfoPage = await readPage(
        this.#store,
        'Iterating a SessionRegistry',
        cursor,
        this.#parts,
      );
      yield* page.sessions;
      ({ cursor } = page);
      if (cursor === null) return;
    }
  }

  async #find(method: string, principal: unknown, handle: string): Promise<StoredSession | undefined> {
    const sessions = await this.#live(method, principal, ALL);
    return sessions.find((session) => handleOf(session, this.#parts.store) === handle);
  }

  /** The live sessions of a principal, the newest first. */
  async #live(method: string, principal: unknown, limit: number): Promise<readonly StoredSession[]> {
    const scoped = scopedPrincipal(this.#parts.realm, principalOf(principal));
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
    const plain = principalOf(principal);
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
