import type { Callback } from '../stores/express-session/callback-store.js';
import type { Session, StoredSessionData } from '../stores/express-session/session.js';
import { Store } from '../stores/express-session/store.js';

/**
 * Sessions as JSON text in the memory of this process, for development. Callbacks are asynchronous.
 *
 * @see parity rules A5, R112 to R117
 */
export interface MemoryStore extends Store {
  /** JSON text of each session, by id. */
  sessions: Record<string, string>;
  touch(id: string, session: Session, callback?: Callback): void;
  /** Calls back with all sessions, by id. */
  all(callback?: Callback<Record<string, StoredSessionData>>): void;
  clear(callback?: Callback): void;
  length(callback: Callback<number>): void;
}

/** A function instead of a class, as {@link Store}. */
export const MemoryStore = function (this: MemoryStore): void {
  Store.call(this);
  this.sessions = Object.create(null) as Record<string, string>;
} as unknown as { new (): MemoryStore; (this: object): void; prototype: MemoryStore };

MemoryStore.prototype = Object.create(Store.prototype, {
  constructor: { value: MemoryStore, writable: true, configurable: true },
}) as MemoryStore;

MemoryStore.prototype.all = function (this: MemoryStore, callback) {
  const all = Object.create(null) as Record<string, StoredSessionData>;
  for (const id of Object.keys(this.sessions)) {
    const session = unexpired(this, id);
    if (session !== undefined) all[id] = session;
  }
  if (callback) setImmediate(callback, null, all);
};

MemoryStore.prototype.clear = function (this: MemoryStore, callback) {
  this.sessions = Object.create(null) as Record<string, string>;
  if (callback) setImmediate(callback);
};

MemoryStore.prototype.destroy = function (this: MemoryStore, id, callback) {
  delete this.sessions[id];
  if (callback) setImmediate(callback);
};

MemoryStore.prototype.get = function (this: MemoryStore, id, callback) {
  setImmediate(callback, null, unexpired(this, id));
};

MemoryStore.prototype.set = function (this: MemoryStore, id, session, callback) {
  this.sessions[id] = JSON.stringify(session);
  if (callback) setImmediate(callback);
};

MemoryStore.prototype.length = function (this: MemoryStore, callback) {
  this.all((error, all) => callback(error, error ? undefined : Object.keys(all!).length));
};

MemoryStore.prototype.touch = function (this: MemoryStore, id, session, callback) {
  const stored = unexpired(this, id);
  if (stored !== undefined) {
    stored.cookie = session.cookie as unknown as StoredSessionData['cookie'];
    this.sessions[id] = JSON.stringify(stored);
  }
  if (callback) setImmediate(callback);
};

/** A copy of a session; `undefined` if missing. An expired session is removed. */
function unexpired({ sessions }: MemoryStore, id: string): StoredSessionData | undefined {
  const text = sessions[id];
  if (text === undefined) return undefined;
  const stored = JSON.parse(text) as StoredSessionData;
  const expires = stored.cookie?.expires;
  if (!expires || !(new Date(expires as string).getTime() <= Date.now())) return stored;
  delete sessions[id];
  return undefined;
}
