import { waitAtMost, withDeadline } from '../util/deadline.js';
import { type NoticeListener, NoticeListeners } from './notice-listeners.js';

/** A connection to a server that receives notices. It never reconnects. */
export interface NoticeConnection {
  /** Resolves when it receives texts. Rejects when it could not be opened. */
  readonly ready: Promise<unknown>;
  /** Sends something to the server. Resolves when the server has responded. */
  check(): Promise<unknown>;
  /** Closes the connection, also while it is opened. */
  close(): Promise<unknown> | void;
  /** Destroys its socket, if `close` did not succeed in time. */
  destroy?(): void;
}

/** What a connection reports. */
export interface NoticeEvents {
  readonly receive: (notice: string) => void;
  /** The connection is lost. */
  readonly lost: () => void;
}

/** Opens a connection for notices. */
export type OpenNotices = (events: NoticeEvents) => NoticeConnection;

/** Limit for opening a connection. Milliseconds. */
const OPEN_WITHIN_MS = 5000;
const CLOSE_WITHIN_MS = 1000;
/** How often a connection is checked: one that is lost without a sign would stay open for many minutes. */
const CHECK_EVERY_MS = 10_000;
const RESPOND_WITHIN_MS = 5000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/**
 * The notices that a store receives, by one connection for all listeners. It is open while there are
 * listeners. A lost connection is opened again, after a pause that grows up to ten seconds.
 *
 * Its timers do not keep the process alive.
 */
export class NoticeFeed {
  readonly #open: OpenNotices;
  readonly #random: () => number;
  readonly #listeners = new NoticeListeners();
  #connection: NoticeConnection | null = null;
  #isReceiving = false;
  /** Connections in a row that did not last until their first check. */
  #failures = 0;
  /** Until the next attempt, or until the next check. */
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** `random` returns a number from 0 up to 1. */
  constructor(open: OpenNotices, random: () => number = Math.random) {
    this.#open = open;
    this.#random = random;
  }

  /** Adds a listener. The returned function removes it; with the last one the connection is closed. */
  subscribe(onNotice: NoticeListener): () => Promise<void> {
    if (this.#isClosed) return async () => undefined;
    const subscription = this.#listeners.add(onNotice);
    if (this.#isReceiving) subscription.begin();
    else if (this.#connection === null && this.#timer === null) this.#connect();
    let released: Promise<void> | null = null;
    return () => {
      subscription.remove();
      return (released ??= this.#listeners.isEmpty ? this.#release() : Promise.resolve());
    };
  }

  /** Removes all listeners and closes the connection. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    return this.#release();
  }

  #connect(): void {
    const events: NoticeEvents = {
      receive: (notice) => {
        if (this.#connection === connection && this.#isReceiving) this.#listeners.pass(notice);
      },
      lost: () => this.#lose(connection),
    };
    const connection = this.#open(events);
    this.#connection = connection;
    withDeadline(connection.ready.then(), OPEN_WITHIN_MS, late).then(
      () => this.#begin(connection),
      () => this.#lose(connection),
    );
  }

  #begin(connection: NoticeConnection): void {
    if (this.#connection !== connection) return;
    this.#isReceiving = true;
    this.#wait(CHECK_EVERY_MS, () => void this.#check(connection));
    this.#listeners.beginAll();
  }

  async #check(connection: NoticeConnection): Promise<void> {
    try {
      await withDeadline(connection.check(), RESPOND_WITHIN_MS, late);
      if (this.#connection !== connection) return;
      this.#failures = 0;
      this.#wait(CHECK_EVERY_MS, () => void this.#check(connection));
    } catch {
      this.#lose(connection);
    }
  }

  #lose(connection: NoticeConnection): void {
    if (this.#connection !== connection) return;
    void this.#release();
    const longest = Math.min(SHORTEST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS);
    this.#wait(longest * (0.5 + this.#random() / 2), () => this.#connect());
  }

  /** Nodes that lose a server together do not connect again together. */
  #wait(delayMs: number, then: () => void): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      then();
    }, delayMs).unref();
  }

  async #release(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#isReceiving = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (connection === null) return;
    try {
      await waitAtMost(CLOSE_WITHIN_MS, Promise.resolve(connection.close()));
    } catch {
      // It is lost already.
    } finally {
      connection.destroy?.();
    }
  }
}

const late = (): Error => new Error('The server did not respond in time.');
