import type { StartWarning } from '../../core/store/session-store.js';
import type { NoticesNeed, StoreNotices } from '../../core/store/store-powers.js';
import { ignoreErrors } from '../sql/sql-client.js';
import {
  exactlyOne,
  readFlag,
  readSqlOptions,
  readUrl,
  uncheckedOptions,
  invalidOption,
  type SqlStoreOptions,
  type UncheckedOptions,
} from '../sql/sql-options.js';
import { SqlSessionStore } from '../sql/sql-session-store.js';
import { DEFAULT_TABLE, readTableName } from '../sql/table-name.js';
import { PostgresSqlClient } from './postgres-client.js';
import { PostgresDialect } from './postgres-dialect.js';
import {
  hasOneConnection,
  type LeaseConnection,
  leaseFrom,
  POOL_NEED,
  TWO_CONNECTIONS_NEED,
} from './postgres-listener.js';
import { noticeChannel, PostgresNotices } from './postgres-notices.js';
import { openPool } from './postgres-pool.js';
import { isOneConnection, isPool, sendTo, type PostgresClient } from './postgres-query.js';
import { postgresSchema } from './postgres-schema.js';

const NAME = 'PostgresSessionStore';

/** Options of a {@link PostgresSessionStore}: exactly one of `client` and `url`, and settings. */
export interface PostgresStoreOptions extends SqlStoreOptions {
  /**
   * The client of your application, such as a `Pool`. The store never closes it, and listens to its `error`
   * event, so that a broken connection does not end the process. A `Client` is one connection, which `pg`
   * does not reopen: after it breaks, every call fails. The store warns about a `Client` at startup.
   *
   * A `Client` must not be in a transaction of yours while the store uses it, because a ROLLBACK would undo
   * saves. The store throws when the client reports a transaction (`pg` 8.17 and later); a function or a
   * wrapper around one connection cannot report it. Set `query_timeout` on your pool, so that connections
   * that no longer respond are removed.
   */
  readonly client?: PostgresClient;
  /** URL of the server: `postgres://user:password@host/database`. The store opens and closes its own pool. */
  readonly url?: string;
  /**
   * Whether statements are prepared, once per connection. Set `false` behind a pooler that sends each
   * statement to another connection, such as PgBouncer in transaction mode.
   * @defaultValue `true` for a `Pool` or `Client` of the package `pg`
   */
  readonly prepare?: boolean;
}

/**
 * Sessions in a table of PostgreSQL 12 or later, shared by all nodes. The columns are readable with plain
 * SQL.
 *
 * The option `url` needs the package `pg`.
 */
export class PostgresSessionStore
  extends SqlSessionStore<PostgresSqlClient>
  implements StartWarning, Partial<StoreNotices>, NoticesNeed
{
  /** A warning for the log at startup; `null` without a warning. */
  readonly startWarning: string | null;
  /**
   * Sends a notice. Like `subscribe`, only with the option `url`, or with a `Pool` of at least two
   * connections: listeners keep one of them checked out, for `LISTEN`. Close the store before you end the
   * pool.
   */
  readonly publish?: StoreNotices['publish'];
  readonly subscribe?: StoreNotices['subscribe'];
  readonly noticesNeed: string | null;
  readonly #notices: PostgresNotices | null;

  /** @throws TypeError that names the invalid option. */
  constructor(options: PostgresStoreOptions) {
    const checked = uncheckedOptions(NAME, options, ['client', 'url', 'prepare']);
    const { table, migrate } = readSqlOptions(NAME, checked);
    const { client, lease, noticesNeed } = connectionsOf(checked);
    super({ name: NAME, dialect: new PostgresDialect(table), client, migrate });
    this.startWarning = isOneConnection(checked['client']) ? ONE_CONNECTION : null;
    this.noticesNeed = noticesNeed;
    this.#notices = null;
    if (lease === null) return;
    const notices = new PostgresNotices({
      channel: noticeChannel(table),
      run: (statement) => this.run(statement),
      lease,
    });
    this.#notices = notices;
    this.publish = (notice) => notices.publish(notice);
    this.subscribe = (onNotice) => notices.subscribe(onNotice);
  }

  /**
   * The SQL that creates the table, for use with `migrate: false`.
   *
   * @throws TypeError when the table name is invalid.
   */
  static schemaSql(table: string = DEFAULT_TABLE): string {
    return postgresSchema(readTableName(NAME, table));
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.#notices?.close()]);
  }
}

const ONE_CONNECTION =
  'The option client of the PostgresSessionStore is a Client, which is one connection. When it breaks, every request ' +
  'fails until the application restarts. Pass a Pool, or set the option url instead.';

/** The connections of a store. `lease` opens one for notices, or is `null` with the reason. */
interface Connections {
  readonly client: PostgresSqlClient;
  readonly lease: LeaseConnection | null;
  readonly noticesNeed: string | null;
}

function connectionsOf(options: UncheckedOptions): Connections {
  const prepare =
    options['prepare'] === undefined ? undefined : readFlag(NAME, 'prepare', options['prepare'], true);
  if (exactlyOne(NAME, options, ['client', 'url']) === 'client') {
    const given = readClient(options['client']);
    const client = new PostgresSqlClient(sendTo(given, prepare), { close: ignoreErrors(given) });
    if (!isPool(given)) return { client, lease: null, noticesNeed: POOL_NEED };
    if (hasOneConnection(given)) return { client, lease: null, noticesNeed: TWO_CONNECTIONS_NEED };
    return { client, lease: leaseFrom(given), noticesNeed: null };
  }
  const own = openPool(readUrl(NAME, 'url', options['url'], 'a URL such as postgres://user@host/database'));
  return {
    client: new PostgresSqlClient(sendTo(own.pool, prepare), own),
    lease: own.lease,
    noticesNeed: null,
  };
}

function readClient(client: unknown): PostgresClient {
  const query = (client as { query?: unknown } | null)?.query;
  if (typeof client === 'function' || typeof query === 'function') return client as PostgresClient;
  throw invalidOption(NAME, 'client', 'a Pool or Client of pg, or anything with query(text, values)', client);
}
