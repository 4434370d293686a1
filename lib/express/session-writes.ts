import { askStore, isMissing } from '../stores/express-session/callback-store.js';
import { SharedSessions, inOrder, type SharedSession, type StepDone } from './shared-sessions.js';
import type { Callback, Session } from '../stores/express-session/session.js';
import { mergeText, textOf } from './session-json.js';
import type { Store } from '../stores/express-session/store.js';

/** A session as one request holds it. */
interface Hold {
  readonly shared: SharedSession;
  /** What the request began with, to tell its changes from those of others. */
  base: string | null;
  /** How many writes of this process that contains. */
  seen: number;
}

/** What one request does to its sessions in the store, in order with the other requests of this process. */
export class SessionWrites {
  readonly #store: Store;
  readonly #limitMs: number | null;
  readonly #sessions: SharedSessions;
  readonly #held = new Map<string, Hold>();
  /** What the store holds, as far as is known. */
  #stored: { readonly id: string; readonly text: string } | null = null;
  /** A save threw, and whoever asked for it knows. */
  hasThrown = false;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor(store: Store, limitMs: number | null) {
    this.#store = store;
    this.#limitMs = limitMs;
    this.#sessions = SharedSessions.of(store);
  }

  /** From here on, what others in this process do to the session of an id is seen. */
  hold(id: string): Hold {
    const held = this.#held.get(id);
    return held ?? this.#keep(id, this.#sessions.hold(id));
  }

  /** A session that was generated just now. */
  begin(id: string): void {
    this.#keep(id, this.#sessions.begin(id));
    this.#stored = null;
  }

  #keep(id: string, shared: SharedSession): Hold {
    const hold = { shared, base: null, seen: shared.writes };
    this.#held.set(id, hold);
    return hold;
  }

  /** The session was loaded; what this process had written then is in it. */
  loaded(session: Session, seen = this.hold(session.id).seen): void {
    Object.assign(this.hold(session.id), { base: textOf(session), seen });
  }

  /** The store need not be given this text again. */
  isStored(id: string, text: string): void {
    this.#stored = { id, text };
  }

  get hasStored(): boolean {
    return this.#stored !== null;
  }

  /** The session of this id was loaded from the store, or was written to it, and was not removed since. */
  isHeldByStore(id: string | undefined): boolean {
    const hold = id === undefined ? undefined : this.#held.get(id);
    return hold !== undefined && hold.base !== null && !hold.shared.destroyed;
  }

  holds(session: Session): boolean {
    return this.#stored?.id === session.id && this.#stored.text === textOf(session);
  }

  /** `write` gives the session to the store, as it is when those before it are done. */
  save(session: Session, write: (done: Callback) => void, callback: StepDone): void {
    const before = this.#stored;
    let text: string | null = null;
    const send = (done: Callback): void => {
      text = textOf(session);
      this.#stored = { id: session.id, text };
      write(done);
    };
    this.#write(session, send, (error, thrown) => {
      // What could not be stored is tried again at the end (W12); not what was thrown at the application, or its error
      // page would be taken back.
      if (thrown === 'now') this.hasThrown = true;
      else if (error) this.#stored = before;
      else if (text !== null) this.#written(session.id, text);
      callback(error, thrown);
    });
  }

  #written(id: string, text: string): void {
    const hold = this.hold(id);
    hold.shared.written = hold.base = text;
    hold.seen = ++hold.shared.writes;
  }

  /**
   * Waits for writes, and writes wait for it, since many stores write the whole session again here too. Touches do not
   * wait for each other: a page of many requests touches its session many times at once.
   */
  touch(id: string, session: Session, callback: StepDone): void {
    const { shared } = this.hold(session.id);
    const send = (done: Callback): void => askStore(this.#store, 'touch', [id, session], done);
    if (shared.steps.length > 0) return this.#write(session, send, callback);
    shared.touching++;
    const touched: StepDone = (error, thrown) => {
      try {
        callback(error, thrown);
      } finally {
        if (--shared.touching === 0) shared.steps[0]?.();
      }
    };
    this.#write(session, send, touched, { ...shared, steps: [], touching: 0 });
  }

  /** Removes the session of an id; nobody here writes it again, unless removing fails. */
  forget(id: string, remove: (done: Callback) => void, callback: StepDone): void {
    const { shared } = this.hold(id);
    shared.destroyed = true;
    this.#inOrder(shared, remove, (error, thrown) => {
      // What is not there is what was asked for.
      if (thrown === undefined && isMissing(error)) return callback();
      if (error) shared.destroyed = false;
      callback(error, thrown);
    });
  }

  /** Settles when nothing that this request began is under way any more; `undefined` where nothing is. */
  whenDone(): Promise<void> | undefined {
    return this.#underWay === 0 ? undefined : new Promise((done) => this.#waiting.push(done));
  }

  #write(
    session: Session,
    send: (done: Callback) => void,
    callback: StepDone,
    queue = this.hold(session.id).shared,
  ): void {
    const hold = this.hold(session.id);
    const step = (done: Callback): void => {
      if (hold.shared.destroyed) return done();
      this.#merge(session, hold);
      const { cookie } = session;
      // Some stores put a plain object in its place (session-pouchdb-store).
      const keepCookie = (): void => {
        if (typeof session.cookie?.serialize !== 'function') session.cookie = cookie;
      };
      send((error) => {
        keepCookie();
        done(error);
      });
      keepCookie();
    };
    // A write that was given up and lands after the session was removed has brought it back.
    const late = (): void => {
      if (hold.shared.destroyed) askStore(this.#store, 'destroy', [session.id], () => undefined);
    };
    this.#inOrder(queue, step, callback, late);
  }

  #merge(session: Session, { shared, base, seen }: Hold): void {
    const { written } = shared;
    if (written === null || shared.writes === seen || written === base) return;
    mergeText(session, base, written);
    if (textOf(session) === written) this.#stored = { id: session.id, text: written };
  }

  #inOrder(
    shared: SharedSession,
    step: (done: Callback) => void,
    callback: StepDone,
    late?: () => void,
  ): void {
    this.#underWay++;
    const done: StepDone = (error, thrown) => {
      this.#underWay--;
      try {
        callback(error, thrown);
      } finally {
        if (this.#underWay === 0) for (const wake of this.#waiting.splice(0)) wake();
      }
    };
    inOrder(shared, step, this.#limitMs, done, late);
  }
}
