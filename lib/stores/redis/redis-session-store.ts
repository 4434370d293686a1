import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type {
  ExpiryClaims,
  NoticesNeed,
  SessionEpochs,
  SessionLimits,
  SessionPage,
  SessionScan,
  StoreNotices,
} from '../../core/store/store-powers.js';
import {
  type Conflict,
  type StoredSession,
  type PrincipalIndex,
  SessionStore,
  type WriteTerms,
} from '../../core/store/session-store.js';
import { useServer } from './client-use.js';
import { ClusterWriter } from './cluster-writer.js';
import { SingleServerWriter } from './single-server-writer.js';
import { limitedTerms, LimitedLogins } from './limited-logins.js';
import { PrincipalEntries } from './principal-entries.js';
import { PrincipalSessions } from './principal-sessions.js';
import { RedisAccess, wordOf } from './redis-access.js';
import { NOTICES_NEED, RedisNotices } from './redis-notices.js';
import { RedisEpochs } from './redis-epochs.js';
import { type Loaded, SessionReader } from './session-reader.js';
import { SessionScanner } from './session-scan.js';
import type { SessionWriter } from './session-writer.js';
import { CLAIM_GRACE_MS, GRACE_MS } from './redis-record.js';
import { REMOVE } from './redis-scripts.js';
import { SessionDeadlines } from './session-deadlines.js';
import { checkOptions, type RedisStoreOptions } from './redis-store-options.js';

const CLOSE_WITHIN_MS = 2000;

/**
 * Sessions in Redis 6.2 or later, or a compatible server: one server, one behind sentinels, or a cluster.
 *
 * Loading a session costs one round trip, and saving costs one. Redis itself deletes a session some minutes
 * after its expiry.
 *
 * @example
 * ```ts
 * import { SessionModule } from 'nest-session';
 * import { RedisSessionStore } from 'nest-session/redis';
 *
 * SessionModule.forRoot({ secret, store: new RedisSessionStore({ url: 'redis://localhost:6379' }) });
 * ```
 */
export class RedisSessionStore
  extends SessionStore
  implements PrincipalIndex, SessionEpochs, SessionLimits, SessionScan, Partial<StoreNotices>, NoticesNeed
{
  readonly limitsSessions = true;
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;
  readonly #epochs: RedisEpochs;
  readonly #reader: SessionReader;
  readonly #writer: SessionWriter;
  readonly #logins: LimitedLogins;
  readonly #principals: PrincipalSessions;
  readonly #scanner: SessionScanner;
  readonly #deadlines: SessionDeadlines | null;
  readonly #notices: RedisNotices;
  readonly #release: () => void;
  /** Removes expired sessions and returns them. Only with the option `expiredEvents`. */
  readonly claimExpired?: ExpiryClaims['claimExpired'];
  /** Sends a notice. Like `subscribe`, only with a client that can open a further connection. */
  readonly publish?: StoreNotices['publish'];
  readonly subscribe?: StoreNotices['subscribe'];
  readonly noticesNeed: string | null;
  #closing: Promise<void> | null = null;

  /** @throws TypeError or RangeError for an invalid option; Error when no package is installed. */
  constructor(options: RedisStoreOptions) {
    super();
    const { prefix, server, expiredEvents } = checkOptions(options);
    const { connection, release } = useServer(server);
    this.#access = new RedisAccess(connection, prefix, expiredEvents ? CLAIM_GRACE_MS : GRACE_MS);
    this.#entries = new PrincipalEntries(this.#access);
    this.#epochs = new RedisEpochs(this.#access);
    this.#reader = new SessionReader(this.#access, this.#epochs);
    this.#writer = connection.isCluster
      ? new ClusterWriter(this.#access, this.#entries, this.#epochs)
      : new SingleServerWriter(this.#access, this.#entries);
    this.#logins = new LimitedLogins(this.#access, this.#entries, this.#epochs, this.#reader);
    this.#principals = new PrincipalSessions(this.#access, this.#entries, (key) => this.load(key));
    this.#scanner = new SessionScanner(this.#access, this.#reader);
    const deadlines = expiredEvents ? new SessionDeadlines(this.#access, this.#entries) : null;
    this.#deadlines = deadlines;
    if (deadlines !== null) this.claimExpired = (before, limit) => deadlines.claim(before, limit);
    const notices = new RedisNotices(this.#access);
    this.#notices = notices;
    this.noticesNeed = connection.canSubscribe ? null : NOTICES_NEED;
    if (connection.canSubscribe) {
      this.publish = (notice) => notices.publish(notice);
      this.subscribe = (onNotice) => notices.subscribe(onNotice);
    }
    this.#release = release;
  }

  load(key: SessionKey, realm?: string): Promise<Loaded> {
    return this.#reader.load(key, realm);
  }

  create(key: SessionKey, record: SessionRecord, terms?: WriteTerms): ReturnType<SessionWriter['create']> {
    const limited = limitedTerms(record, terms);
    return this.#write(key, record, () =>
      limited !== null ? this.#logins.create(key, record, limited) : this.#writer.create(key, record, terms),
    );
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#write(key, patch, () => this.#writer.patch(key, patch));
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): ReturnType<SessionWriter['rekey']> {
    const limited = limitedTerms(record, terms);
    return this.#write(to, record, () =>
      limited !== null
        ? this.#logins.rekey({ key: from, revision }, to, record, limited)
        : this.#writer.rekey(from, to, record, revision, terms),
    );
  }

  async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    const reply = await this.#access.run(REMOVE, [this.#access.sessionKey(key)], []);
    if (wordOf(reply) === 'missing') return 'missing';
    const principal = String(reply[1]);
    if (principal !== '') await this.#entries.remove(principal, [key]);
    return 'deleted';
  }

  listByPrincipal(principal: string, at: number, limit: number): Promise<readonly StoredSession[]> {
    return this.#principals.listByPrincipal(principal, at, limit);
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    return this.#principals.deleteByPrincipal(principal, keep);
  }

  epoch(realm: string): Promise<number> {
    return this.#epochs.present(realm);
  }

  advanceEpoch(realm: string): Promise<number> {
    return this.#epochs.advance(realm);
  }

  scan(cursor: string | null, limit: number): Promise<SessionPage> {
    return this.#scanner.scan(cursor, limit);
  }

  /**
   * Waits for pending commands, then closes the client if the store has opened it. Nest calls it at shutdown;
   * without Nest, call it yourself.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /**
   * Checks the mode of the server. Nest calls it when the application starts.
   *
   * @throws Error when the server is in cluster mode and the client is not. A server that is down is not an
   * error.
   */
  onModuleInit(): Promise<void> {
    return this.#access.checkMode();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  #write<T>(
    key: SessionKey,
    times: Pick<SessionPatch, 'expiresAt' | 'touchedAt'>,
    write: () => Promise<T>,
  ): Promise<T> {
    return this.#deadlines === null ? write() : this.#deadlines.during(key, times, write);
  }

  async #close(): Promise<void> {
    // A server that does not respond must not keep the application from ending.
    await Promise.all([this.#access.idle(CLOSE_WITHIN_MS), this.#notices.close()]);
    this.#release();
  }
}
