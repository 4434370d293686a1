import { invokeStore, isMissing, type Callback } from '../stores/express-session/callback-store.js';
import type { Session } from '../stores/express-session/session.js';
import type { Store } from '../stores/express-session/store.js';
import { mergeText, textOf } from './session-json.js';
import { runInOrder, SharedSessions, type Done, type SharedSession } from './shared-sessions.js';

/** What one request has loaded of a session. */
interface Snapshot {
  readonly shared: SharedSession;
  /** The text that its changes are compared to; `null` before the session is loaded or written. */
  base: string | null;
  /** Number of writes of this process that `base` includes. */
  writes: number;
}

/** The store calls of one request, in order with those of the other requests of this process. */
export class SessionWrites {
  readonly #store: Store;
  readonly #limitMs: number | null;
  readonly #sessions: SharedSessions;
  readonly #snapshots = new Map<string, Snapshot>();
  /** The text that counts as saved (R54). */
  #saved: { readonly id: string; readonly text: string } | null = null;
  /** A save threw an exception at its caller. */
  hasThrown = false;
  #running = 0;
  #waiting: (() => void)[] = [];

  constructor(store: Store, limitMs: number | null) {
    this.#store = store;
    this.#limitMs = limitMs;
    this.#sessions = SharedSessions.of(store);
  }

  /** From here on, writes of other requests are merged into the session of an id. */
  track(id: string): Snapshot {
    return this.#snapshots.get(id) ?? this.#add(id, this.#sessions.get(id));
  }

  /** As {@link track}, for a session that was generated. */
  trackNew(id: string): void {
    this.#add(id, this.#sessions.create(id));
    this.#saved = null;
  }

  #add(id: string, shared: SharedSession): Snapshot {
    const snapshot = { shared, base: null, writes: shared.writes };
    this.#snapshots.set(id, snapshot);
    return snapshot;
  }

  /** A session was loaded with all writes that this process had made before the load. Returns its text. */
  markLoaded(session: Session, writes = this.track(session.id).writes): string {
    const base = textOf(session);
    Object.assign(this.track(session.id), { base, writes });
    return base;
  }

  markSaved(id: string, text: string): void {
    this.#saved = { id, text };
  }

  get hasSaved(): boolean {
    return this.#saved !== null;
  }

  isSaved(session: Session): boolean {
    return this.#saved?.id === session.id && this.#saved.text === textOf(session);
  }

  /** Whether the session of an id was loaded or written, and not removed since. */
  isStored(id: string | undefined): boolean {
    const snapshot = id === undefined ? undefined : this.#snapshots.get(id);
    return snapshot !== undefined && snapshot.base !== null && !snapshot.shared.isDestroyed;
  }

  /** Calls `write` when earlier writes are done and merged into the session. */
  save(session: Session, write: (callback: Callback) => void, done: Done): void {
    const before = this.#saved;
    let text: string | null = null;
    const operation = (callback: Callback): void => {
      text = textOf(session);
      this.markSaved(session.id, text);
      write(callback);
    };
    this.#write(session, operation, (error, thrown) => {
      // A failed save is repeated at the end (W12). One that threw at the application is not: that could
      // replace the application's error page.
      if (thrown === 'now') this.hasThrown = true;
      else if (error) this.#saved = before;
      else if (text !== null) this.#markWritten(session.id, text);
      done(error, thrown);
    });
  }

  #markWritten(id: string, text: string): void {
    const snapshot = this.track(id);
    snapshot.shared.written = snapshot.base = text;
    snapshot.writes = ++snapshot.shared.writes;
  }

  /**
   * Waits for writes, and writes wait for it, since many stores write the whole session at a touch. Touches
   * run concurrently: the requests of one page often touch the same session.
   */
  touch(id: string, session: Session, done: Done): void {
    const { shared } = this.track(session.id);
    const operation = (callback: Callback): void =>
      invokeStore(this.#store, 'touch', [id, session], callback);
    if (shared.queue.length > 0) return this.#write(session, operation, done);
    shared.touches++;
    const touched: Done = (error, thrown) => {
      try {
        done(error, thrown);
      } finally {
        if (--shared.touches === 0) shared.queue[0]?.();
      }
    };
    this.#write(session, operation, touched, { queue: [], touches: 0 });
  }

  /** Calls `remove` when earlier writes are done. Later writes are skipped, unless this fails. */
  destroy(id: string, remove: (callback: Callback) => void, done: Done): void {
    const { shared } = this.track(id);
    shared.isDestroyed = true;
    this.#run(shared, remove, (error, thrown) => {
      if (thrown === undefined && isMissing(error)) return done();
      if (error) shared.isDestroyed = false;
      done(error, thrown);
    });
  }

  /** Resolves when no store call of this request is running; `undefined` if none is now. */
  whenIdle(): Promise<void> | undefined {
    return this.#running === 0 ? undefined : new Promise((resolve) => this.#waiting.push(resolve));
  }

  #write(
    session: Session,
    write: (callback: Callback) => void,
    done: Done,
    queue: Pick<SharedSession, 'queue' | 'touches'> = this.track(session.id).shared,
  ): void {
    const snapshot = this.track(session.id);
    const operation = (callback: Callback): void => {
      if (snapshot.shared.isDestroyed) return callback();
      this.#merge(session, snapshot);
      const { cookie } = session;
      // Some stores replace it with a plain object (session-pouchdb-store).
      const restoreCookie = (): void => {
        if (typeof session.cookie?.serialize !== 'function') session.cookie = cookie;
      };
      write((error) => {
        restoreCookie();
        callback(error);
      });
      restoreCookie();
    };
    // A write that completes after its deadline and after the session was removed has stored it again.
    const onLate = (): void => {
      if (snapshot.shared.isDestroyed) invokeStore(this.#store, 'destroy', [session.id], () => undefined);
    };
    this.#run(queue, operation, done, onLate);
  }

  #merge(session: Session, { shared, base, writes }: Snapshot): void {
    const { written } = shared;
    if (written === null || shared.writes === writes || written === base) return;
    mergeText(session, base, written);
    if (textOf(session) === written) this.markSaved(session.id, written);
  }

  #run(
    queue: Pick<SharedSession, 'queue' | 'touches'>,
    operation: (callback: Callback) => void,
    done: Done,
    onLate?: () => void,
  ): void {
    this.#running++;
    const settled: Done = (error, thrown) => {
      this.#running--;
      try {
        done(error, thrown);
      } finally {
        if (this.#running === 0) for (const resolve of this.#waiting.splice(0)) resolve();
      }
    };
    runInOrder(queue, operation, this.#limitMs, settled, onLate);
  }
}
