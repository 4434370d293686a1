import { errorChain, type LooseError, SqlStoreError } from './error-chain.js';
import { isSafeMessage } from './safe-message.js';

/** What is taken over from the error of a driver, and what it must look like. */
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
 * The error that a store rejects with, whatever came from its client.
 *
 * Databases and drivers put keys and what sessions hold into messages and beside them: the row that failed, the statement,
 * its values. So nothing is passed on but what is listed here, and no cause.
 */
export function safeError(store: string, error: unknown): SqlStoreError {
  if (error instanceof SqlStoreError) return error;
  const chain = errorChain(error);
  const fields = fieldsOf(chain);
  const safe = new SqlStoreError(messageOf(store, chain, fields));
  return Object.assign(safe, fields);
}

function fieldsOf(chain: readonly LooseError[]): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(FIELDS)) {
    const values = chain.map((one) => one[name]).concat(name === 'errno' ? chain.map(errcode) : []);
    const value = values.find((one) => isPlain(one) && shape.test(String(one)));
    if (value !== undefined) fields[name] = value;
  }
  const name = chain.map((one) => one['name']).find(isErrorName);
  if (name !== undefined) fields['name'] = name;
  return fields;
}

const isErrorName = (name: unknown): name is string =>
  typeof name === 'string' && /^[A-Z]\w{0,50}Error$/.test(name);

/** What `node:sqlite` calls the number. */
const errcode = (one: LooseError): unknown => one['errcode'];

const isPlain = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

function messageOf(store: string, chain: readonly LooseError[], fields: LooseError): string {
  const said = chain.map(({ message }) => message).find(isSafeMessage);
  if (said !== undefined) return said;
  const known = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  const which = known.length > 0 ? ` (${known.join(', ')})` : '';
  return (
    `The database of the ${store} failed${which}. ` +
    'What its client said is left out: it may hold keys and contents of sessions.'
  );
}
