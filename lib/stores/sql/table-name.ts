import { describeWithoutText } from '../../core/util/describe-value.js';

/** The table of a store, and its schema where one is named. */
export interface TableName {
  readonly schema: string | null;
  readonly table: string;
}

/** The table of a store that was not told another. */
export const DEFAULT_TABLE = 'nest_session';

/** Of all databases PostgreSQL has the shortest names, 63 bytes, and the names of indexes begin with that of the table. */
const PART = /^[A-Za-z_][A-Za-z0-9_]{0,47}$/;

/**
 * A table's name that can stand in a statement between quotes.
 *
 * @throws TypeError when it is not made of letters, digits and `_`, or is too long.
 */
export function readTableName(store: string, value: unknown): TableName {
  const parts = typeof value === 'string' ? value.split('.') : [];
  if (parts.length < 1 || parts.length > 2 || !parts.every((part) => PART.test(part))) {
    throw new TypeError(
      `The option table of the ${store} must be the name of a table, at most 48 letters, digits and "_", ` +
        `alone or after a schema and a dot, got ${describeWithoutText(value)}.`,
    );
  }
  const [table, schema = null] = parts.reverse();
  return { schema, table: table! };
}

/** The name between the quotes of a dialect. */
export function quoteTable({ schema, table }: TableName, mark: '"' | '`'): string {
  return [schema, table].flatMap((part) => (part === null ? [] : `${mark}${part}${mark}`)).join('.');
}

/** The name as it was given: what a lock is called after. */
export function plainTable({ schema, table }: TableName): string {
  return schema === null ? table : `${schema}.${table}`;
}
