import { StoreError } from '../../core/util/store-error.js';
import type { SqlRow, SqlStatement, SqlValue } from '../sql/sql-client.js';

/** What fills the places of a statement. Texts go as their bytes, so that no connection rewrites them. */
export type MysqlValue = string | number | Buffer | null;

/**
 * The place of a text in a statement. The bytes are UTF-8, whatever the connection takes texts for: a connection of latin1
 * would make other characters of them.
 */
export const TEXT = 'CONVERT(CAST(? AS BINARY) USING utf8mb4)';

/** A column of text as its bytes in UTF-8, for the same reason. CAST would answer NULL above `max_allowed_packet`. */
export const bytesOf = (column: string): string =>
  `CONVERT(CONVERT(${column} USING utf8mb4) USING binary) AS ${column}`;

/** The values of a statement for one that is prepared. */
export function boundValues({ values }: SqlStatement): MysqlValue[] {
  return values.map((value) => (typeof value === 'string' ? Buffer.from(value) : checked(value)));
}

/**
 * A statement with its values in its text, for servers that shall not prepare it. No character of a text is in it, but its
 * bytes in hexadecimal: how quotes are escaped depends on the `sql_mode`, which a driver does not know.
 */
export function inlined({ text, values }: SqlStatement): string {
  const parts = text.split('?');
  if (parts.length !== values.length + 1)
    throw new StoreError('A statement has other places than values.');
  return parts.map((part, n) => (n === 0 ? part : literal(values[n - 1]!) + part)).join('');
}

function literal(value: SqlValue): string {
  if (typeof value === 'string') return `X'${Buffer.from(value).toString('hex')}'`;
  return String(checked(value) ?? 'NULL');
}

function checked(value: number | null): number | null {
  if (value === null || Number.isSafeInteger(value)) return value;
  throw new StoreError('A value of a statement is neither a text nor a whole number.');
}

/**
 * A row with texts where the driver gives bytes.
 *
 * @throws StoreError where a session could not be read: nothing else makes NULL of attributes.
 */
export function readRow(row: SqlRow): SqlRow {
  if (row['attributes'] === null)
    throw new StoreError('A session is larger than max_allowed_packet of the server allows to read.');
  const decoded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row))
    decoded[name] = Buffer.isBuffer(value) ? value.toString() : value;
  return decoded;
}

/** A pool or a connection of `mysql2/promise`. */
export interface MysqlPromiseClient {
  query(text: string, values?: MysqlValue[]): PromiseLike<unknown>;
  execute(text: string, values?: MysqlValue[]): PromiseLike<unknown>;
}

/** A pool or a connection of `mysql2`. */
export interface MysqlCallbackClient {
  promise(): MysqlPromiseClient;
}

/** What a store can be given to talk to MySQL or MariaDB. */
export type MysqlClient = MysqlPromiseClient | MysqlCallbackClient;
