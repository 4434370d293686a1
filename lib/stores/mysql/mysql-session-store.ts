import {
  exactlyOne,
  readFlag,
  readSqlOptions,
  readUrl,
  uncheckedOptions,
  wrongHandle,
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

/** Where a {@link MysqlSessionStore} keeps its sessions: exactly one of `client` and `url`, and how. */
export interface MysqlStoreOptions extends SqlStoreOptions {
  /**
   * A pool or a connection of `mysql2` or `mysql2/promise`. The store never closes it. It commits each statement: with
   * autocommit switched off, or inside a transaction of the application, writes fail.
   */
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
  const connections =
    exactlyOne(NAME, options, ['client', 'url']) === 'client'
      ? connectionsOf(readClient(options['client']))
      : openPool(readUrl(NAME, 'url', options['url'], 'a URL such as mysql://user@host/database'));
  return new MysqlSqlClient(connections, method);
}

function readClient(client: unknown): MysqlClient {
  const { execute, query } = (client ?? {}) as Record<string, unknown>;
  if (typeof execute === 'function' && typeof query === 'function') return client as MysqlClient;
  throw wrongHandle(NAME, 'client', 'a pool or a connection of mysql2 or mysql2/promise', client);
}
