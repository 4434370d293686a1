import { atMost } from './at-most.js';
import { safeError } from './safe-error.js';
import type { SqlClient } from './sql-client.js';

/** A server that never answers does not keep an application from ending: five seconds are what all of it takes. */
const FINISH_WITHIN_MS = 4000;
const FAREWELL_WITHIN_MS = 1000;

/** Waits for what is under way, then lets go of the client, in the end without its server. */
export async function endClient(
  store: string,
  client: SqlClient,
  underWay: ReadonlySet<Promise<unknown>>,
): Promise<void> {
  await atMost(FINISH_WITHIN_MS, Promise.allSettled(underWay));
  try {
    await atMost(FAREWELL_WITHIN_MS, client.close());
  } catch (error) {
    throw safeError(store, error);
  } finally {
    client.destroy?.();
  }
}
