import { createHash } from 'node:crypto';
import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { errorChain, StoreError } from '../../core/util/store-error.js';

/** A function that sends a statement to PostgreSQL and answers `{ rows }` or the rows themselves. */
export type PostgresQuery = (text: string, values?: unknown[]) => PromiseLike<unknown>;

/** A `Pool` or a `Client` of the package `pg`, a `DataSource` of TypeORM, or anything else that can be asked in their way. */
export interface PostgresQueryable {
  query(text: string, values?: unknown[]): PromiseLike<unknown>;
}

/** What a store can be given to talk to PostgreSQL. */
export type PostgresClient = PostgresQueryable | PostgresQuery;

/** Sends a statement; without values it may be several, which happen all or not at all. */
export type SendToPostgres = (text: string, values?: readonly unknown[]) => PromiseLike<unknown>;

/** What is used of `pg` beyond a plain text: a statement with a name is parsed once for each connection. */
interface NamedQueryable {
  query(statement: { name: string; text: string; values: readonly unknown[] }): PromiseLike<unknown>;
}

/** How to send statements to a client. `prepare` that is not told means: where the client is one of `pg`. */
export function sendTo(client: PostgresClient, prepare: boolean | undefined): SendToPostgres {
  if (typeof client === 'function') return (text, values) => client(text, values && [...values]);
  const kind = kindOf(client);
  const send =
    (prepare ?? kind !== 'other')
      ? named(client)
      : (text: string, values?: readonly unknown[]) => client.query(text, values && [...values]);
  return kind === 'connection' ? oneAfterAnother(client, send) : send;
}

/** Whether a client is one connection of `pg`, which is never made again after it breaks. */
export const isOneConnection = (client: unknown): boolean =>
  typeof client === 'object' && client !== null && kindOf(client) === 'connection';

/** Told by what they have, not by their class: an application may hold another copy of the package. */
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
      // A connection keeps the outdated plan under its name for as long as it lives.
      if (isPlanOutdated(error) && names.get(text) === name) names.set(text, nameOf(`${name} ${text}`));
      throw error;
    }
  };
}

/** "cached plan must not change result type", which is told by more than its code: that stands for much else. */
export function isPlanOutdated(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, routine, message }) =>
      code === '0A000' && (routine === 'RevalidateCachedQuery' || String(message).includes('cached plan')),
  );
}

/** By its text: a connection takes no second text under one name, and several stores may share it. */
function nameOf(text: string): string {
  return `nest_session_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

/** A connection of `pg` is not to be given a statement while it is busy with another, nor in somebody's transaction. */
function oneAfterAnother(client: PostgresQueryable, send: SendToPostgres): SendToPostgres {
  const queue = new KeyedQueue();
  return (text, values) =>
    queue.run('', async () => {
      refuseTransaction(client);
      const answer = await send(text, values);
      // A BEGIN that was waiting in the client came before the statement.
      refuseTransaction(client);
      return answer;
    });
}

/** Clients of `pg` before 8.17 do not tell. */
function refuseTransaction(client: unknown): void {
  const status = (client as { getTransactionStatus?(): unknown }).getTransactionStatus?.();
  if (status === 'T' || status === 'E') throw new StoreError(IN_TRANSACTION);
}

const IN_TRANSACTION =
  'The client of the PostgresSessionStore is in a transaction of the application: a session that was saved there would be ' +
  'gone with a ROLLBACK. Give the store a Pool, or a Client of its own.';
