import { withDeadline, type Callback } from '../stores/express-session/callback-store.js';
import type { Store } from '../stores/express-session/store.js';

/** State of one session that all its requests in this process share. */
export interface SharedSession {
  /** One of the requests has removed it: the others must not write it again. */
  isDestroyed: boolean;
  /** The text of the last write of this process; `null` before the first one. */
  written: string | null;
  /** Number of writes, to notice those after a load. */
  writes: number;
  /** Number of running touches. They run concurrently, and operations in the queue wait for them. */
  touches: number;
  /** The running operation and those that wait, in order. */
  readonly queue: (() => void)[];
}

/**
 * The sessions of one store that requests of this process use. Express-session stores write whole sessions.
 * Within this process their writes are put in order and merged, and destroyed sessions are not written again.
 * Nothing protects against other processes: these stores have no means for it.
 */
export class SharedSessions {
  /** Weak references: a request can run after its client has disconnected, and no event marks its end. */
  readonly #sessions = new Map<string, WeakRef<SharedSession>>();
  readonly #collected = new FinalizationRegistry<string>((id) => {
    if (this.#sessions.get(id)?.deref() === undefined) this.#sessions.delete(id);
  });
  /** By the events of the store. */
  isConnected = true;

  /** The one instance for a store. */
  static of(store: Store): SharedSessions {
    let sessions = instances.get(store);
    if (sessions === undefined) {
      sessions = new SharedSessions();
      instances.set(store, sessions);
      sessions.#listen(store);
    }
    return sessions;
  }

  #listen(store: Store): void {
    if (typeof store.on !== 'function') return;
    store.on('disconnect', () => (this.isConnected = false));
    store.on('connect', () => (this.isConnected = true));
  }

  /** The state of an id; a new one after its session was destroyed. */
  get(id: string): SharedSession {
    const session = this.#sessions.get(id)?.deref();
    const isUsable = session !== undefined && !(session.isDestroyed && session.queue.length === 0);
    return isUsable ? session : this.create(id);
  }

  /** New state for an id, as for a session that was generated. */
  create(id: string): SharedSession {
    const session: SharedSession = { isDestroyed: false, written: null, writes: 0, touches: 0, queue: [] };
    this.#sessions.set(id, new WeakRef(session));
    this.#collected.register(session, id);
    return session;
  }
}

const instances = new WeakMap<Store, SharedSessions>();

/**
 * Called once, with an error, and `'now'` or `'late'` if the operation threw it: whether its caller can still
 * catch it.
 */
export type Done = Callback;

/**
 * Runs an operation after those in the queue; immediately if there are none. Its first callback counts, or
 * the deadline; a callback after the deadline calls `onLate`. An exception is passed to `done`, and also
 * thrown if the caller can catch it.
 */
export function runInOrder(
  session: Pick<SharedSession, 'queue' | 'touches'>,
  operation: (callback: Callback) => void,
  limitMs: number | null,
  done: Done,
  onLate?: () => void,
): void {
  const { queue } = session;
  const thrown = queue.length === 0 && session.touches === 0 ? 'now' : 'late';
  const run = (): void => {
    let isDone = false;
    const finish: Done = (...result) => {
      if (isDone) return;
      isDone = true;
      queue.shift();
      // Read before `done`, which may start an operation that runs immediately.
      const [next] = queue;
      try {
        done(...result);
      } finally {
        next?.();
      }
    };
    try {
      operation(withDeadline(limitMs, (error) => finish(error), onLate));
    } catch (error) {
      const isFirst = !isDone;
      finish(error, thrown);
      if (thrown === 'now' || !isFirst) throw error;
    }
  };
  queue.push(run);
  if (thrown === 'now') run();
}
