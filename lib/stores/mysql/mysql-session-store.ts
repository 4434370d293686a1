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
import { MysqlSqlClient } from './mysql-client.js';
import type { MysqlClient } from './mysql-values.js';
import { connectionsOf } from './mysql-connections.js';
import { MysqlDialect } from './mysql-dialect.js';
import { openPool } from './mysql-pool.js';
import { mysqlSchema } from './mysql-schema.js';

const NAME = 'MysqlSessionStore';

/** Options of a {@link MysqlSessionStore}: exactly one of `client` and `url`, and settings. */
export interface MysqlStoreOptions extends SqlStoreOptions {
  /**
   * A pool or a connection of `mysql2` or `mysql2/promise`. The store never closes it. It must commit each
   * statement: writes fail when autocommit is switched off, or inside a transaction of the application.
   */
  readonly client?: MysqlClient;
  /** URL of the server: `mysql://user:password@host/database`. The store opens and closes its own pool. */
  readonly url?: string;
  /**
   * Whether statements are prepared, once per connection. Set `false` behind a proxy that does not support
   * this.
   * @defaultValue `true`
   */
  readonly prepare?: boolean;
}

/**
 * Sessions in a table of MySQL 8 or MariaDB 10.6, or later: shared by all nodes.
 *
 * Needs the package `mysql2`.
 */
export class MysqlSessionStore extends SqlSessionStore<MysqlSqlClient> {
  /** @throws TypeError that names the invalid option. */
  constructor(options: MysqlStoreOptions) {
    const checked = uncheckedOptions(NAME, options, ['client', 'url', 'prepare']);
    const { table, migrate } = readSqlOptions(NAME, checked);
    super({ name: NAME, dialect: new MysqlDialect(table), client: clientOf(checked), migrate });
  }

  /**
   * The SQL that creates the table, for use with `migrate: false`.
   *
   * @throws TypeError when the table name is invalid.
   */
  static schemaSql(table: string = DEFAULT_TABLE): string {
    return mysqlSchema(readTableName(NAME, table));
  }
}

function clientOf(options: UncheckedOptions): MysqlSqlClient {
  const method = readFlag(NAME, 'prepare', options['prepare'], true) ? 'execute' : 'query';
  const connections =
    exactlyOne(NAME, options, ['client', 'url']) === 'client'
      ? connectionsOf(readClient(options['client']))
      : openPool(readUrl(NAME, 'url', options['url'], 'a URL such as mysql://user@host/database'));
  return new MysqlSqlClient(connections, method);
}

function readClient(client: unknown): MysqlClient {
  const { execute, query } = (client ?? {}) as Record<string, unknown>;
  if (typeof execute === 'function' && typeof query === 'function') return client as MysqlClient;
  throw invalidOption(NAME, 'client', 'a pool or a connection of mysql2 or mysql2/promise', client);
}
