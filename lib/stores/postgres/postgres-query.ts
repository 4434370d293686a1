import { createHash } from 'node:crypto';
import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { errorChain, StoreError } from '../../core/util/store-error.js';

/** A function that sends a statement to PostgreSQL, and resolves with rows or `{ rows }`. */
export type PostgresQuery = (text: string, values?: unknown[]) => PromiseLike<unknown>;

/**
 * A `Pool` or `Client` of the package `pg`, a `DataSource` of TypeORM, or any object with the same method.
 */
export interface PostgresQueryable {
  query(text: string, values?: unknown[]): PromiseLike<unknown>;
}

/** A client that a store accepts. */
export type PostgresClient = PostgresQueryable | PostgresQuery;

/** Sends a statement. Without values the text may contain several statements, which run atomically. */
export type SendToPostgres = (text: string, values?: readonly unknown[]) => PromiseLike<unknown>;

/** The `query` method of `pg` for a named statement, which is prepared once per connection. */
interface NamedQueryable {
  query(statement: { name: string; text: string; values: readonly unknown[] }): PromiseLike<unknown>;
}

/** A function that sends statements to a client. `prepare` defaults to `true` for clients of `pg`. */
export function sendTo(client: PostgresClient, prepare: boolean | undefined): SendToPostgres {
  if (typeof client === 'function') return (text, values) => client(text, values && [...values]);
  const kind = kindOf(client);
  const send =
    (prepare ?? kind !== 'other')
      ? named(client)
      : (text: string, values?: readonly unknown[]) => client.query(text, values && [...values]);
  return kind === 'connection' ? serialized(client, send) : send;
}

/** Whether a client is one connection of `pg`, which does not reconnect after it breaks. */
export const isOneConnection = (client: unknown): boolean =>
  typeof client === 'object' && client !== null && kindOf(client) === 'connection';

/** Whether a client is a pool of `pg`, which opens connections for single users. */
export const isPool = (client: unknown): client is object =>
  typeof client === 'object' &&
  client !== null &&
  kindOf(client) === 'pool' &&
  typeof (client as { connect?: unknown }).connect === 'function';

/** Checks properties, not the class: an application may use another copy of the package. */
function kindOf(client: object): 'pool' | 'connection' | 'other' {
  const { totalCount, escapeIdentifier } = client as Record<string, unknown>;
  if (typeof totalCount === 'number') return 'pool';
  return typeof escapeIdentifier === 'function' ? 'connection' : 'other';
}

function named(client: PostgresQueryable): SendToPostgres {
  const names = new Map<string, string>();
  return async (text, values) => {
    if (values === undefined) return client.query(text);
    const name = names.get(text) ?? nameOf(text);
    names.set(text, name);
    try {
      return await (client as unknown as NamedQueryable).query({ name, text, values: [...values] });
    } catch (error) {
      // A connection keeps the outdated plan, with its name, until it is closed.
      if (isPlanOutdated(error) && names.get(text) === name) names.set(text, nameOf(`${name} ${text}`));
      throw error;
    }
  };
}

/** The error "cached plan must not change result type". Its code is also that of many other errors. */
export function isPlanOutdated(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, routine, message }) =>
      code === '0A000' && (routine === 'RevalidateCachedQuery' || String(message).includes('cached plan')),
  );
}

/** The name depends on the text, because several stores may share a connection. */
function nameOf(text: string): string {
  return `nest_session_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

/** Sends statements one after another, as one connection of `pg` requires, and never inside a transaction. */
function serialized(client: PostgresQueryable, send: SendToPostgres): SendToPostgres {
  const queue = new KeyedQueue();
  return (text, values) =>
    queue.run('', async () => {
      rejectTransaction(client);
      const result = await send(text, values);
      // A BEGIN that was queued in the client ran before the statement.
      rejectTransaction(client);
      return result;
    });
}

/** Has no effect with `pg` before 8.17, which does not report the status. */
function rejectTransaction(client: unknown): void {
  const status = (client as { getTransactionStatus?(): unknown }).getTransactionStatus?.();
  if (status === 'T' || status === 'E') throw new StoreError(IN_TRANSACTION);
}

const IN_TRANSACTION =
  'The client of the PostgresSessionStore is in a transaction of the application: a ROLLBACK would undo the save of a ' +
  'session. Pass a Pool to the store, or a Client that only the store uses.';
