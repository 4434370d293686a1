import { StoreError } from '../../core/util/store-error.js';
import type { SqlRow, SqlStatement, SqlValue } from '../sql/sql-client.js';

/** A value for a placeholder of a statement. Texts are sent as bytes, so that no connection converts them. */
export type MysqlValue = string | number | Buffer | null;

/**
 * The placeholder of a text in a statement. The bytes are UTF-8 for any character set of the connection: a
 * latin1 connection would convert a text to other characters.
 */
export const TEXT = 'CONVERT(CAST(? AS BINARY) USING utf8mb4)';

/** A text column as UTF-8 bytes, for the same reason. CAST would return NULL above `max_allowed_packet`. */
export const bytesOf = (column: string): string =>
  `CONVERT(CONVERT(${column} USING utf8mb4) USING binary) AS ${column}`;

/** Other values than an object were not written by a store. */
export const READABLE = `JSON_TYPE(attributes) = 'OBJECT'`;

/** A principal, with the collation of its column. */
export const PRINCIPAL = `${TEXT} COLLATE utf8mb4_bin`;

/** The values of a prepared statement. */
export function boundValues({ values }: SqlStatement): MysqlValue[] {
  return values.map((value) => (typeof value === 'string' ? Buffer.from(value) : checkedNumber(value)));
}

/**
 * A statement with its values in its text, for servers that do not prepare statements. Texts become
 * hexadecimal bytes: the escaping of quotes depends on the `sql_mode`, which a driver does not know.
 */
export function inlined({ text, values }: SqlStatement): string {
  const parts = text.split('?');
  if (parts.length !== values.length + 1)
    throw new StoreError(
      `A statement has ${parts.length - 1} placeholders and ${values.length} values. This is a bug of the store.`,
    );
  return parts.map((part, n) => (n === 0 ? part : literal(values[n - 1]!) + part)).join('');
}

function literal(value: SqlValue): string {
  if (typeof value === 'string') return `X'${Buffer.from(value).toString('hex')}'`;
  return String(checkedNumber(value) ?? 'NULL');
}

function checkedNumber(value: number | null): number | null {
  if (value === null || Number.isSafeInteger(value)) return value;
  throw new StoreError(
    'A value of a statement is neither a string nor an integer. This is a bug of the store.',
  );
}

/**
 * Decodes the text columns of a row from bytes.
 *
 * @throws StoreError when the attributes are NULL, which happens only when they are too large to read.
 */
export function readRow(row: SqlRow): SqlRow {
  if (row['attributes'] === null)
    throw new StoreError('A session is too large to read: see max_allowed_packet of the server.');
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

/** A client that a store accepts. */
export type MysqlClient = MysqlPromiseClient | MysqlCallbackClient;
