import type { StartWarning } from '../../core/store/session-store.js';
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
import { openPool } from './postgres-pool.js';
import { isOneConnection, sendTo, type PostgresClient } from './postgres-query.js';
import { postgresSchema } from './postgres-schema.js';

const NAME = 'PostgresSessionStore';

/** Where a {@link PostgresSessionStore} keeps its sessions: exactly one of `client` and `url`, and how. */
export interface PostgresStoreOptions extends SqlStoreOptions {
  /**
   * What you talk to PostgreSQL with already: a `Pool`. The store never closes it. A `Client` is one connection, and `pg` does
   * not make it again after it breaks: every later call fails. The store warns about one at startup. What breaks one of its connections it hears, so that
   * this does not end the process.
   *
   * A `Client`, as one connection, must be in no transaction of yours while the store uses it: what the store answered would
   * be gone with a ROLLBACK. Where the client can tell (`pg` 8.17 and later), the store refuses; a function or a wrapper
   * around one connection cannot. Against connections that fall silent give your pool a `query_timeout`.
   */
  readonly client?: PostgresClient;
  /** Where PostgreSQL is: `postgres://user:password@host/database`. The store has a pool of its own then, which it closes. */
  readonly url?: string;
  /**
   * Whether statements are parsed once for each connection. `false` behind a pooler that passes each statement on to
   * another connection, such as PgBouncer in transaction mode.
   * @defaultValue `true` where the client is a `Pool` or `Client` of the package `pg`
   */
  readonly prepare?: boolean;
}

/**
 * Sessions in a table of PostgreSQL, 12 or later: shared by all nodes, and looked into with plain SQL.
 *
 * Needs the package `pg` where it is given a `url`.
 */
export class PostgresSessionStore extends SqlSessionStore<PostgresSqlClient> implements StartWarning {
  /** A warning for the log at startup; `null` when there is none. */
  readonly startWarning: string | null;

  /** @throws TypeError that names the option that is wrong. */
  constructor(options: PostgresStoreOptions) {
    const checked = uncheckedOptions(NAME, options, ['client', 'url', 'prepare']);
    const { table, migrate } = readSqlOptions(NAME, checked);
    super({ name: NAME, dialect: new PostgresDialect(table), client: clientOf(checked), migrate });
    this.startWarning = isOneConnection(checked['client']) ? ONE_CONNECTION : null;
  }

  /**
   * The SQL that makes the table, for those who give `migrate: false`.
   *
   * @throws TypeError when the name cannot be that of a table.
   */
  static schemaSql(table: string = DEFAULT_TABLE): string {
    return postgresSchema(readTableName(NAME, table));
  }
}

const ONE_CONNECTION =
  'The PostgresSessionStore was given a Client, which is one connection. When it breaks, every request fails until the ' +
  'application is started again. Give it a Pool, or the option url.';

function clientOf(options: UncheckedOptions): PostgresSqlClient {
  const prepare =
    options['prepare'] === undefined ? undefined : readFlag(NAME, 'prepare', options['prepare'], true);
  if (exactlyOne(NAME, options, ['client', 'url']) === 'client') {
    const client = readClient(options['client']);
    return new PostgresSqlClient(sendTo(client, prepare), { close: ignoreErrors(client) });
  }
  const own = openPool(readUrl(NAME, 'url', options['url'], 'a URL such as postgres://user@host/database'));
  return new PostgresSqlClient(sendTo(own.pool, prepare), own);
}

function readClient(client: unknown): PostgresClient {
  const query = (client as { query?: unknown } | null)?.query;
  if (typeof client === 'function' || typeof query === 'function') return client as PostgresClient;
  throw invalidOption(NAME, 'client', 'a Pool or Client of pg, or anything with query(text, values)', client);
}
