import {
  exactlyOne,
  readFlag,
  readSqlOptions,
  readText,
  uncheckedOptions,
  wrongHandle,
  type SqlStoreOptions,
  type UncheckedOptions,
} from '../sql/sql-options.js';
import { SqlSessionStore } from '../sql/sql-session-store.js';
import { DEFAULT_TABLE, readTableName } from '../sql/table-name.js';
import { MysqlSqlClient, type MysqlClient } from './mysql-client.js';
import { MysqlDialect } from './mysql-dialect.js';
import { openPool } from './mysql-pool.js';
import { mysqlSchema } from './mysql-schema.js';

const NAME = 'MysqlSessionStore';

/** Where a {@link MysqlSessionStore} keeps its sessions: exactly one of `client` and `url`, and how. */
export interface MysqlStoreOptions extends SqlStoreOptions {
  /** A pool or a connection of `mysql2` or `mysql2/promise`. The store never closes it. */
  readonly client?: MysqlClient;
  /** Where the server is: `mysql://user:password@host/database`. The store has a pool of its own then, which it closes. */
  readonly url?: string;
  /**
   * Whether statements are parsed once for each connection. `false` behind a proxy that cannot prepare them.
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
  /** @throws TypeError that names the option that is wrong. */
  constructor(options: MysqlStoreOptions) {
    const checked = uncheckedOptions(NAME, options, ['client', 'url', 'prepare']);
    const { table, migrate } = readSqlOptions(NAME, checked);
    super({ name: NAME, dialect: new MysqlDialect(table), client: clientOf(checked), migrate });
  }

  /**
   * The SQL that makes the table, for those who give `migrate: false`.
   *
   * @throws TypeError when the name cannot be that of a table.
   */
  static schemaSql(table: string = DEFAULT_TABLE): string {
    return mysqlSchema(readTableName(NAME, table));
  }
}

function clientOf(options: UncheckedOptions): MysqlSqlClient {
  const method = readFlag(NAME, 'prepare', options['prepare'], true) ? 'execute' : 'query';
  if (exactlyOne(NAME, options, ['client', 'url']) === 'client')
    return new MysqlSqlClient(readClient(options['client']), method);
  const pool = openPool(readText(NAME, 'url', options['url'], 'a URL such as mysql://user@host/database'));
  return new MysqlSqlClient(pool, method, () => pool.end());
}

function readClient(client: unknown): MysqlClient {
  const { execute, query } = (client ?? {}) as Record<string, unknown>;
  if (typeof execute === 'function' && typeof query === 'function') return client as MysqlClient;
  throw wrongHandle(NAME, 'client', 'a pool or a connection of mysql2 or mysql2/promise', client);
}
