import { describeWithoutText } from '../../core/util/describe-value.js';
import { DEFAULT_TABLE, readTableName, type TableName } from './table-name.js';

/** What can be said of every store that speaks SQL. */
export interface SqlStoreOptions {
  /**
   * The table of the sessions: letters, digits and `_`, alone or after a schema and a dot.
   * @defaultValue `'nest_session'`
   */
  readonly table?: string;
  /**
   * Whether the store makes its table at its first use, and brings it to a newer form after an update. `false` is for
   * those who make it themselves, from `schemaSql()`.
   * @defaultValue `true`
   */
  readonly migrate?: boolean;
}

/** The options of a store as they came, before anyone knows that they are right. */
export type UncheckedOptions = Readonly<Record<string, unknown>>;

/**
 * The options of a store as an object of its own kind.
 *
 * @throws TypeError when they are no object or one of them is unknown.
 */
export function uncheckedOptions(
  store: string,
  options: unknown,
  known: readonly string[],
): UncheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(
      `The ${store} must be given an object of options, got ${describeWithoutText(options)}.`,
    );
  const all = ['table', 'migrate', ...known];
  const strange = Object.keys(options).find((name) => !all.includes(name));
  if (strange !== undefined)
    throw new TypeError(`The ${store} has no option ${shownName(strange)}. It has ${all.join(', ')}.`);
  return options as UncheckedOptions;
}

/** Shows a name that may come from a program, and no other: a URL with a password may stand in the place of a name. */
const shownName = (name: string): string =>
  /^[A-Za-z]{1,30}$/.test(name) ? JSON.stringify(name) : 'of that name';

/** @throws TypeError that names the invalid option. */
export function readSqlOptions(
  store: string,
  { table = DEFAULT_TABLE, migrate }: UncheckedOptions,
): { readonly table: TableName; readonly migrate: boolean } {
  return { table: readTableName(store, table), migrate: readFlag(store, 'migrate', migrate, true) };
}

/** @throws TypeError when it is neither `true` nor `false`. */
export function readFlag(store: string, option: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  throw new TypeError(
    `The option ${option} of the ${store} must be true or false, got ${describeWithoutText(value)}.`,
  );
}

/**
 * Which of two options is given.
 *
 * @throws TypeError when it is both or none.
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

/** @throws TypeError when it is not a text with characters. */
export function readText(store: string, option: string, value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrongHandle(store, option, what, value);
}

/** Looked at here, for what fails to parse it later has the password in its error. @throws TypeError when it is no URL. */
export function readUrl(store: string, option: string, value: unknown, what: string): string {
  const text = readText(store, option, value, what);
  // `postgres://user@/database` is the server of this machine, and no URL only for want of a host.
  if (URL.canParse(text.replace('@/', '@host/'))) return text;
  throw wrongHandle(store, option, what, value);
}

/** What is wrong with an option. What came is not shown: it may be a URL with a password. */
export function wrongHandle(store: string, option: string, what: string, value: unknown): TypeError {
  return new TypeError(
    `The option ${option} of the ${store} must be ${what}, got ${describeWithoutText(value)}.`,
  );
}
