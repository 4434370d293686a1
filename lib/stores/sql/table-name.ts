import { describeWithoutText } from '../../core/util/describe-value.js';

/** The table of a store, and its schema if one is set. */
export interface TableName {
  readonly schema: string | null;
  readonly table: string;
}

/** The default table of a store. */
export const DEFAULT_TABLE = 'nest_session';

/** Leaves space for a suffix: names of indexes begin with it, and PostgreSQL allows 63 bytes. */
const PART = /^[A-Za-z_][A-Za-z0-9_]{0,47}$/;

/**
 * Checks a table name. The result is safe between quotes in a statement.
 *
 * @throws TypeError when the name contains other characters than letters, digits and `_`, or is too long.
 */
export function readTableName(store: string, value: unknown): TableName {
  const parts = typeof value === 'string' ? value.split('.') : [];
  if (parts.length < 1 || parts.length > 2 || !parts.every((part) => PART.test(part))) {
    throw new TypeError(
      `The option table of the ${store} must be the name of a table: at most 48 letters, digits and "_", ` +
        `optionally after a schema and a dot, got ${describeWithoutText(value)}.`,
    );
  }
  const [table, schema = null] = parts.reverse();
  return { schema, table: table! };
}

/** The name in the quotes of a dialect. */
export function quoteTable({ schema, table }: TableName, mark: '"' | '`'): string {
  return [schema, table].flatMap((part) => (part === null ? [] : `${mark}${part}${mark}`)).join('.');
}

/**
 * The quoted name of another object that belongs to the table: its name with a suffix, in the same schema.
 */
export function quoteBeside({ schema, table }: TableName, suffix: string, mark: '"' | '`'): string {
  return quoteTable({ schema, table: `${table}_${suffix}` }, mark);
}

/** The unquoted name, for the names of locks. */
export function plainTable({ schema, table }: TableName): string {
  return schema === null ? table : `${schema}.${table}`;
}
