import { describeWithoutText } from '../../core/util/describe-value.js';
import { DEFAULT_TABLE, readTableName, type TableName } from './table-name.js';

/** Options of every SQL store. */
export interface SqlStoreOptions {
  /**
   * The table for sessions: letters, digits and `_`, optionally after a schema and a dot.
   * @defaultValue `'nest_session'`
   */
  readonly table?: string;
  /**
   * Whether the store creates its table at first use, and migrates it after an update of this package. Set
   * `false` when you create the table yourself, from `schemaSql()`.
   * @defaultValue `true`
   */
  readonly migrate?: boolean;
}

/** The options of a store before they are checked. */
export type UncheckedOptions = Readonly<Record<string, unknown>>;

/** @throws TypeError when the options are not an object, or one of them is unknown. */
export function uncheckedOptions(
  store: string,
  options: unknown,
  known: readonly string[],
): UncheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`The ${store} needs an object with options, got ${describeWithoutText(options)}.`);
  const all = ['table', 'migrate', ...known];
  const unknown = Object.keys(options).find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new TypeError(
      `The ${store} has no option ${shownName(unknown)}. Its options are ${all.join(', ')}.`,
    );
  return options as UncheckedOptions;
}

/** The name of an unknown option. Hidden when it is not a plain name: it may be a URL with a password. */
const shownName = (name: string): string =>
  /^[A-Za-z]{1,30}$/.test(name) ? JSON.stringify(name) : 'with this name';

/** @throws TypeError that names the invalid option. */
export function readSqlOptions(
  store: string,
  { table = DEFAULT_TABLE, migrate }: UncheckedOptions,
): { readonly table: TableName; readonly migrate: boolean } {
  return { table: readTableName(store, table), migrate: readFlag(store, 'migrate', migrate, true) };
}

/** @throws TypeError when the value is neither a boolean nor `undefined`. */
export function readFlag(store: string, option: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value === 'boolean') return value;
  throw new TypeError(
    `The option ${option} of the ${store} must be true or false, got ${describeWithoutText(value)}.`,
  );
}

/**
 * The name of the one option of two that is set.
 *
 * @throws TypeError when both or none are set.
 */
export function exactlyOne<A extends string, B extends string>(
  store: string,
  options: UncheckedOptions,
  [one, other]: readonly [A, B],
): A | B {
  const given = [one, other].filter((name) => options[name] !== undefined);
  if (given.length === 1) return given[0] as A | B;
  const came = given.length === 0 ? 'neither' : 'both';
  throw new TypeError(`The ${store} needs exactly one of the options ${one} and ${other}, got ${came}.`);
}

/** @throws TypeError when the value is not a string, or empty. */
export function readText(store: string, option: string, value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidOption(store, option, what, value);
}

/**
 * Checks a URL here, because a driver that fails to parse it shows the password in its error.
 *
 * @throws TypeError when the value is not a URL.
 */
export function readUrl(store: string, option: string, value: unknown, what: string): string {
  const text = readText(store, option, value, what);
  // `postgres://user@/database` means the server of this machine. It lacks only a host to be a valid URL.
  if (URL.canParse(text.replace('@/', '@host/'))) return text;
  throw invalidOption(store, option, what, value);
}

/** The error for an invalid option. It shows no text, because the text may be a URL with a password. */
export function invalidOption(store: string, option: string, what: string, value: unknown): TypeError {
  return new TypeError(
    `The option ${option} of the ${store} must be ${what}, got ${describeWithoutText(value)}.`,
  );
}
