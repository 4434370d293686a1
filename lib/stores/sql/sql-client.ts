import { waitAtMost } from '../../core/util/deadline.js';
import type { PendingWork } from '../../core/util/pending-work.js';
import { safeError } from '../../core/util/store-error.js';

/** A value for a placeholder of a statement. */
export type SqlValue = string | number | null;

/** A statement: its text with the placeholders of its dialect, and their values in order. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A row: values by column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A database as a store uses it, for any driver. */
export interface SqlClient {
  /** Runs a statement. Resolves with the rows that it finds. */
  read(statement: SqlStatement): Promise<readonly SqlRow[]>;
  /** Runs a statement. Resolves with the number of rows that it writes or deletes. */
  write(statement: SqlStatement): Promise<number>;
  /** Closes what the store itself has opened, and nothing that the application passed to it. */
  close(): Promise<void>;
  /** Destroys the sockets that `close` could not close in time: they would keep the process alive. */
  destroy?(): void;
}

/** Limits for a server that does not respond: closing takes five seconds at most. */
const FINISH_WITHIN_MS = 4000;
const CLOSE_WITHIN_MS = 1000;

/** Waits for pending operations, then closes the client, and destroys its sockets. */
export async function endClient(store: string, client: SqlClient, pending: PendingWork): Promise<void> {
  await pending.done(FINISH_WITHIN_MS);
  try {
    await waitAtMost(CLOSE_WITHIN_MS, client.close());
  } catch (error) {
    throw safeError(store, error);
  } finally {
    client.destroy?.();
  }
}

interface Emitter {
  on(event: 'error', listener: () => void): unknown;
  removeListener(event: 'error', listener: () => void): unknown;
}

const ignore = (): void => undefined;

/** Number of stores per client: all of them share one listener. */
const users = new WeakMap<Emitter, number>();

/**
 * Listens to the `error` event of a client. Without a listener a connection that breaks while it is idle
 * would end the process. The next statement fails, or gets another connection.
 *
 * @returns a function that stops listening.
 */
export function ignoreErrors(client: unknown): () => void {
  if (!isEmitter(client)) return () => undefined;
  const before = users.get(client) ?? 0;
  if (before === 0) client.on('error', ignore);
  users.set(client, before + 1);
  let isListening = true;
  return () => {
    if (!isListening) return;
    isListening = false;
    const left = users.get(client)! - 1;
    users.set(client, left);
    if (left === 0) client.removeListener('error', ignore);
  };
}

function isEmitter(client: unknown): client is Emitter {
  const { on, removeListener } = (client ?? {}) as Record<string, unknown>;
  return typeof on === 'function' && typeof removeListener === 'function';
}
