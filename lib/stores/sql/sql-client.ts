import { waitAtMost } from '../../core/util/deadline.js';
import type { PendingWork } from '../../core/util/pending-work.js';
import { safeError } from '../../core/util/store-error.js';

/** What fills the places of a statement. */
export type SqlValue = string | number | null;

/** A statement: its text with the places of its dialect, and what fills them, in order. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A database as a store uses it, whatever driver is behind it. */
export interface SqlClient {
  /** The rows that a statement finds. */
  read(statement: SqlStatement): Promise<readonly SqlRow[]>;
  /** How many rows a statement writes or removes. */
  write(statement: SqlStatement): Promise<number>;
  /** Lets go of what the store itself has opened; leaves alone what it was given. */
  close(): Promise<void>;
  /** Ends at once what `close` could not end in time: a socket to a silent server would keep the process. */
  destroy?(): void;
}

/** A server that never answers does not keep an application from ending: five seconds are what all of it takes. */
const FINISH_WITHIN_MS = 4000;
const FAREWELL_WITHIN_MS = 1000;

/** Waits for what is under way, then lets go of the client, in the end without its server. */
export async function endClient(store: string, client: SqlClient, pending: PendingWork): Promise<void> {
  await pending.done(FINISH_WITHIN_MS);
  try {
    await waitAtMost(FAREWELL_WITHIN_MS, client.close());
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

/** How many stores hear the errors of an emitter: many stores over one client add one listener. */
const heard = new WeakMap<Emitter, number>();

/**
 * Hears the errors of a client that it tells nobody else: a connection that breaks while no statement waits for it would
 * end the process. The next statement fails, or finds another connection.
 *
 * @returns what stops it again.
 */
export function ignoreErrors(client: unknown): () => void {
  if (!isEmitter(client)) return () => undefined;
  const before = heard.get(client) ?? 0;
  if (before === 0) client.on('error', ignore);
  heard.set(client, before + 1);
  let isOn = true;
  return () => {
    if (!isOn) return;
    isOn = false;
    const left = heard.get(client)! - 1;
    heard.set(client, left);
    if (left === 0) client.removeListener('error', ignore);
  };
}

function isEmitter(client: unknown): client is Emitter {
  const { on, removeListener } = (client ?? {}) as Record<string, unknown>;
  return typeof on === 'function' && typeof removeListener === 'function';
}
