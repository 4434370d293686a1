import { SessionError } from './session-error.js';
import { sessionKey, type SessionKey } from './session-key.js';
import { isSessionRecord, type SessionRecord } from './session-record.js';
import type { SessionKeying, SessionStore } from './session-store.js';

/** A store as the engine uses it: what cannot be read is not there. */
export interface GuardedStore extends Omit<SessionStore, 'load'>, SessionKeying {
  load(key: SessionKey): Promise<SessionRecord | null>;
}

/** A store behind a wall: whatever it throws or rejects with, in whatever way, becomes one `ERR_SESSION_STORE`. */
export function guardStore(store: SessionStore & Partial<SessionKeying>): GuardedStore {
  return {
    keyOf: (id) => (store.keyOf === undefined ? sessionKey(id) : store.keyOf(id)),
    load: async (key) => {
      const record = await guarded('load', () => store.load(key));
      return isSessionRecord(record) ? record : null;
    },
    create: (key, record) => guarded('create', () => store.create(key, record)),
    patch: (key, patch) => guarded('patch', () => store.patch(key, patch)),
    rekey: (from, to, record, revision) => guarded('rekey', () => store.rekey(from, to, record, revision)),
    delete: (key) => guarded('delete', () => store.delete(key)),
  };
}

async function guarded<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof SessionError) throw cause;
    // The cause may name keys or connection strings: it is for logs, the message is for anyone.
    throw new SessionError('ERR_SESSION_STORE', `The session store failed to ${operation} a session.`, {
      cause,
    });
  }
}
