import type { SessionEvent, SessionEventListener } from '../session-event.js';
import type { OpenSession } from '../session/open-session.js';
import { probeInUse } from '../session/probe-in-use.js';
import { probe } from '../session/session-refresh.js';
import { minutes, type Clock } from '../util/clock.js';
import { endIn, ENDING, endOf, type EndedSessions, type EndReports, type SessionEnd } from './session-end.js';

/** What a watch works with. */
export interface WatchParts {
  readonly events: { listen(listener: SessionEventListener, types: ReadonlySet<SessionEvent['type']>): void };
  readonly clock: Clock;
  /** Time between two checks. Milliseconds. */
  readonly everyMs: number;
  /** `null` without the option `notify`. */
  readonly reports: EndReports | null;
}

/** An open connection of a session. */
interface Watched {
  readonly opened: OpenSession;
  readonly handle: string;
  readonly end: (reason: SessionEnd) => void;
  /** The open connection counts as activity of its session. */
  readonly keepsAlive: boolean;
  /** When the session expires, as far as it is known. Epoch milliseconds. */
  expiresAt: number;
}

/** With reports, of which one may not have been sent: time between two checks of all sessions. Milliseconds. */
const MOST_UNCHECKED_MS = minutes(1);
/** How many sessions are checked concurrently. */
const AT_ONCE = 16;

/**
 * Closes connections whose session ends: immediately where this process has ended it or another one reports
 * it, else at the next check. It needs a timer, a listener and a subscription only while something is
 * watched.
 */
export class SessionWatch {
  readonly #parts: WatchParts;
  readonly #watched = new Map<string, Set<Watched>>();
  #isListening = false;
  #timer: NodeJS.Timeout | null = null;
  #unsubscribe: (() => Promise<void>) | null = null;
  #checking: Promise<void> | null = null;
  #isCheckDue = false;
  /** Time since all sessions were checked. Milliseconds. */
  #uncheckedMs = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** How many connections are watched. */
  get size(): number {
    let size = 0;
    for (const watched of this.#watched.values()) size += watched.size;
    return size;
  }

  /**
   * Calls `end` once when the session ends. Returns a function for the connection that was closed before.
   * With `keepsAlive` the checks touch the session, as often as requests would.
   */
  add(opened: OpenSession, end: (reason: SessionEnd) => void, keepsAlive = false): () => void {
    const [handle] = opened.handles;
    const watched = { opened, handle, end, keepsAlive, expiresAt: opened.expiresAt };
    const others = this.#watched.get(handle);
    if (others === undefined) this.#watched.set(handle, new Set([watched]));
    else others.add(watched);
    this.#start();
    // It may have ended between its load and now.
    void this.#checkOne(watched);
    return () => this.#remove(watched);
  }

  /** Ends nothing: from now on no session is watched. */
  async close(): Promise<void> {
    this.#watched.clear();
    this.#stop();
    await this.#checking;
  }

  #start(): void {
    const { events, reports } = this.#parts;
    if (!this.#isListening) {
      events.listen((event) => {
        const end = endIn(event);
        if (end !== null) this.#onEnd(end);
      }, ENDING);
      this.#isListening = true;
    }
    this.#unsubscribe ??= reports?.subscribe((end) => this.#onEnd(end)) ?? null;
    if (this.#timer === null) this.#schedule();
  }

  #schedule(): void {
    const { everyMs, reports } = this.#parts;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#uncheckedMs += everyMs;
      const isFull = reports === null || this.#uncheckedMs >= MOST_UNCHECKED_MS;
      if (isFull) this.#uncheckedMs = 0;
      const isDue = isFull ? () => true : this.#isDue;
      void this.#check(isDue).then(() => this.#watched.size > 0 && this.#timer === null && this.#schedule());
    }, everyMs);
    this.#timer.unref();
  }

  /** Whether a session must be checked although other processes report the ends. */
  readonly #isDue = (watched: Watched): boolean => watched.keepsAlive || this.#hasExpired(watched);

  readonly #hasExpired = ({ expiresAt }: Watched): boolean => this.#parts.clock.now() >= expiresAt;

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const unsubscribe = this.#unsubscribe;
    this.#unsubscribe = null;
    void unsubscribe?.();
  }

  #remove(watched: Watched): void {
    const others = this.#watched.get(watched.handle);
    if (others?.delete(watched) !== true) return;
    if (others.size === 0) this.#watched.delete(watched.handle);
    if (this.#watched.size === 0) this.#stop();
  }

  #end(watched: Watched, reason: SessionEnd): void {
    this.#remove(watched);
    try {
      watched.end(reason);
    } catch {
      // The other connections end all the same.
    }
  }

  #onEnd(end: EndedSessions | null): void {
    if (end === null || end.handles === null) return void this.checkAll();
    for (const handle of end.handles)
      for (const watched of [...(this.#watched.get(handle) ?? [])]) this.#end(watched, end.reason);
  }

  /** Checks all watched sessions now. */
  checkAll(): Promise<void> {
    return this.#check(() => true);
  }

  async #check(isDue: (watched: Watched) => boolean): Promise<void> {
    if (this.#checking !== null) {
      this.#isCheckDue = true;
      return this.#checking;
    }
    this.#checking = this.#checkEach(isDue);
    await this.#checking;
    this.#checking = null;
    if (!this.#isCheckDue) return;
    this.#isCheckDue = false;
    await this.checkAll();
  }

  async #checkEach(isDue: (watched: Watched) => boolean): Promise<void> {
    const due = [...this.#watched.values()].flatMap((watched) => [...watched]).filter(isDue);
    for (let from = 0; from < due.length && this.#watched.size > 0; from += AT_ONCE)
      await Promise.all(due.slice(from, from + AT_ONCE).map((watched) => this.#checkOne(watched)));
  }

  async #checkOne(watched: Watched): Promise<void> {
    try {
      const found = await watched.opened.run(watched.keepsAlive ? probeInUse : probe);
      if (this.#watched.get(watched.handle)?.has(watched) !== true) return;
      // A store may remove an expired record by itself.
      if (typeof found === 'string')
        this.#end(watched, found === 'gone' && this.#hasExpired(watched) ? 'expired' : endOf(found));
      else watched.expiresAt = found.expiresAt;
    } catch {
      // The store fails, and its event reports that. The next check tries again.
    }
  }
}
