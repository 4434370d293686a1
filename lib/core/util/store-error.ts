import { replyCodeIn, safeMessage } from './safe-message.js';

/** An error whose message the library wrote: it contains no key, no session data and no password. */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
  }
}

/** An error of a driver, with whatever fields the driver sets. */
export type DriverError = Readonly<Record<string, unknown>>;

/** Fields that are copied from a driver's error, each with the pattern that its value must match. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  code: /^[A-Z0-9_]{1,60}$/,
  errno: /^-?\d{1,10}$/,
  sqlState: /^[A-Z0-9]{5}$/,
  severity: /^[A-Z]{1,10}$/,
  routine: /^\w{1,63}$/,
  schema: /^[\w$]{1,63}$/,
  table: /^[\w$]{1,63}$/,
  column: /^[\w$]{1,63}$/,
  constraint: /^[\w$]{1,63}$/,
};

/**
 * The error that a store rejects with when its driver fails.
 *
 * Databases and drivers put keys, session data, statements and passwords into their errors. The result is a
 * new error that has only what is allowed: a message that {@link safeMessage} accepts, and the fields above.
 * It has no `cause`.
 */
export function safeError(store: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const chain = errorChain(error);
  const fields = fieldsOf(chain);
  const message = firstMessageOf(chain) ?? withheld(store, fields);
  return Object.assign(new StoreError(message), fields);
}

const firstMessageOf = (chain: readonly DriverError[]): string | undefined =>
  chain.map((one) => safeMessage(one['message'])).find((message) => message !== undefined);

function withheld(store: string, fields: DriverError): string {
  const known = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  const details = known.length > 0 ? ` (${known.join(', ')})` : '';
  return (
    `The driver of the ${store} failed${details}. ` +
    'Its message is withheld, because it may contain keys or session data.'
  );
}

function fieldsOf(chain: readonly DriverError[]): DriverError {
  const fields: Record<string, unknown> = {};
  for (const [name, pattern] of Object.entries(FIELDS)) {
    const value = valuesOf(chain, name).find((one) => isPlain(one) && pattern.test(String(one)));
    if (value !== undefined) fields[name] = value;
  }
  const name = chain.map((one) => one['name']).find(isErrorName);
  if (name !== undefined) fields['name'] = name;
  return fields;
}

function valuesOf(chain: readonly DriverError[], name: string): unknown[] {
  const values = chain.map((one) => one[name]);
  // Redis puts its code into the message.
  if (name === 'code') values.push(...chain.map((one) => replyCodeIn(one['message'])));
  // `node:sqlite` has another name for the number.
  if (name === 'errno') values.push(...chain.map((one) => one['errcode']));
  return values;
}

const isErrorName = (name: unknown): name is string =>
  typeof name === 'string' && /^[A-Z]\w{0,50}Error$/.test(name);

const isPlain = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

/** Most errors that are read from a chain. */
const MAX_CHAIN = 12;

/** Where TypeORM, Sequelize, the language, and clusters of `ioredis` keep the errors that led to an error. */
const WRAPPED = ['driverError', 'original', 'cause', 'lastNodeError'] as const;
const WRAPPED_LISTS = ['errors', 'previousErrors'] as const;

/** An error and the errors that it wraps, outermost first. */
export function errorChain(error: unknown): readonly DriverError[] {
  const chain: DriverError[] = [];
  const next: unknown[] = [error];
  while (next.length > 0 && chain.length < MAX_CHAIN) {
    const one = next.shift();
    if (typeof one !== 'object' || one === null || chain.includes(one as DriverError)) continue;
    const wrapper = one as DriverError;
    chain.push(wrapper);
    next.push(...WRAPPED.map((name) => wrapper[name]));
    for (const name of WRAPPED_LISTS) {
      const list = wrapper[name];
      if (Array.isArray(list)) next.push(...(list as unknown[]));
    }
  }
  return chain;
}

/** The first `code` in the chain that is a string; `''` when there is no such code. */
export function codeIn(error: unknown): string {
  const code = errorChain(error).find((one) => typeof one['code'] === 'string')?.['code'];
  return typeof code === 'string' ? code : '';
}
