import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import {
  type Conflict,
  type Evicted,
  type ExpirySweeper,
  type StoredSession,
  type WriteTerms,
  byNewest,
  type PrincipalIndex,
  SessionStore,
} from '../../core/store/session-store.js';
import type {
  ExpiryClaims,
  SessionEpochs,
  SessionLimits,
  SessionPage,
  SessionScan,
} from '../../core/store/store-powers.js';
import { admissionOf, type Admission } from './sql-admission.js';
import type { SqlClient, SqlRow, SqlStatement } from './sql-client.js';
import { retried, SqlRunner, type SqlStoreParts } from './sql-runner.js';
import type { SqlDialect } from './sql-dialect.js';
import { epochIn, isRevoked, recordOf, sessionsOf } from './sql-record.js';

/** Base class of the SQL stores: runs the statement of each operation, and interprets its result. */
export abstract class SqlSessionStore<C extends SqlClient>
  extends SessionStore
  implements ExpirySweeper, ExpiryClaims, PrincipalIndex, SessionEpochs, SessionLimits, SessionScan
{
  readonly limitsSessions = true;
  readonly #dialect: SqlDialect<C>;
  readonly #client: C;
  readonly #runner: SqlRunner<C>;

  protected constructor(parts: SqlStoreParts<C>) {
    super();
    this.#dialect = parts.dialect;
    this.#client = parts.client;
    this.#runner = new SqlRunner(parts);
  }

  load(key: SessionKey, realm?: string): Promise<SessionRecord | 'corrupt' | 'revoked' | null> {
    return this.#runner.run(() => this.#load(key, realm));
  }

  create(
    key: SessionKey,
    record: SessionRecord,
    terms?: WriteTerms,
  ): Promise<'created' | 'collision' | 'limit' | Evicted> {
    return this.#runner.run(async () => {
      const admission = admissionOf(null, key, record, null, terms);
      if (admission !== null) {
        const result = await this.#admit(admission, 'created');
        return result === 'unwritten' ? 'collision' : result;
      }
      const written = await this.#runner.write(this.#dialect.create(key, record, terms?.realm));
      return written === 1 ? 'created' : 'collision';
    });
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#runner.run(async () => {
      const written = await this.#runner.write(this.#dialect.patch(key, patch));
      return written === 1 ? 'applied' : this.#conflictOrMissing(key);
    });
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): Promise<'applied' | 'missing' | 'collision' | 'limit' | Evicted | Conflict> {
    return this.#runner.run(async () => {
      const admission = admissionOf(from, to, record, revision, terms);
      if (admission !== null) {
        const result = await this.#admit(admission, 'applied');
        return result === 'unwritten' ? this.#conflictOrMissing(from, terms?.realm) : result;
      }
      const written = await this.#runner.write(this.#dialect.rekey(from, to, record, revision, terms));
      if (written === 'collision') return 'collision';
      return written === 1 ? 'applied' : this.#conflictOrMissing(from, terms?.realm);
    });
  }

  delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.#runner.run(async () =>
      (await this.#runner.write(this.#dialect.delete(key))) === 1 ? 'deleted' : 'missing',
    );
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#retry(() => this.#dialect.sweep(this.#client, before, limit));
  }

  async claimExpired(before: number, limit: number): Promise<StoredSession[]> {
    return sessionsOf(await this.#retry(() => this.#dialect.claim(this.#client, before, limit)));
  }

  listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.#runner.run(async () => {
      const rows = await this.#runner.read(this.#dialect.listByPrincipal(principal, at, limit));
      return byNewest(sessionsOf(rows), at);
    });
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const statement = this.#dialect.deleteByPrincipal(principal, keep);
    return this.#retry(() => this.#client.write(statement));
  }

  epoch(realm: string): Promise<number> {
    return this.#runner.run(async () => epochIn((await this.#runner.read(this.#dialect.epoch(realm)))[0]));
  }

  advanceEpoch(realm: string): Promise<number> {
    return this.#retry(() => this.#dialect.advanceEpoch(this.#client, realm));
  }

  scan(cursor: string | null, limit: number): Promise<SessionPage> {
    return this.#runner.run(async () => {
      const rows = await this.#runner.read(this.#dialect.scan(cursor, limit));
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { sessions: sessionsOf(rows), cursor: last === undefined ? null : String(last['position']) };
    });
  }

  /**
   * Creates the table, or migrates it to the version that this package needs. Safe at any time, and
   * concurrently on several nodes. A store calls this itself at its first use, unless the option `migrate` is
   * `false`.
   */
  migrate(): Promise<void> {
    return this.#runner.migrate();
  }

  /**
   * Waits for pending operations, for some seconds at most, then closes what the store itself has opened.
   * Nest calls it at shutdown; without Nest, call it yourself.
   */
  close(): Promise<void> {
    return this.#runner.close();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** Runs a statement that only this store has. */
  protected run(statement: SqlStatement): Promise<readonly SqlRow[]> {
    return this.#runner.run(() => this.#runner.read(statement));
  }

  async #load(key: SessionKey, realm?: string): Promise<SessionRecord | 'corrupt' | 'revoked' | null> {
    const [row] = await this.#runner.read(this.#dialect.load(key, realm));
    if (row === undefined) return null;
    const record = recordOf(row);
    if (record === null) return 'corrupt';
    return realm !== undefined && isRevoked(row) ? 'revoked' : record;
  }

  /** The result of a statement that wrote no row. */
  async #conflictOrMissing(key: SessionKey, realm?: string): Promise<'missing' | Conflict> {
    const found = await this.#load(key, realm);
    return typeof found === 'string' || found === null ? 'missing' : { conflict: found };
  }

  async #admit<W extends string>(
    admission: Admission,
    written: W,
  ): Promise<W | 'unwritten' | 'collision' | 'limit' | Evicted> {
    const result = await this.#dialect.admit(this.#client, admission);
    return typeof result === 'object' && result.evicted.length === 0 ? written : result;
  }

  #retry<T>(work: () => Promise<T>): Promise<T> {
    return this.#runner.run(() => retried(this.#dialect, work));
  }
}
