import type { SessionEvent } from '../session-event.js';
import { NAME, readName } from '../session/own-attributes.js';
import { DEFAULT_NAME, scopeOf } from '../store/principal-scope.js';
import type { SessionRecord } from '../store/session-record.js';
import { isExpirySweeper, type SessionStore, type StoredSession } from '../store/session-store.js';
import { claimsExpiry, type ExpiryClaims, hasEpochs } from '../store/store-powers.js';
import { SweepTimer } from '../store/sweep-timer.js';
import { type Clock, nextTurn } from '../util/clock.js';
import { PendingWork } from '../util/pending-work.js';
import { handleOf } from './session-info.js';

/**
 * How many sessions a claim returns, with their attributes. A node that dies loses the events of one claim.
 */
const CLAIMED_AT_ONCE = 100;
/** How long a node that stops waits for its claim, whose events no other node can emit. Milliseconds. */
const CLAIM_WITHIN_MS = 4000;

/** Where the events of one session name are reported. */
export interface ExpirySink {
  /** Whether any listener gets the events of a type. */
  listensTo(type: SessionEvent['type']): boolean;
  emit(event: SessionEvent): void;
}

/** What a sweep removes, and where it reports that. */
export interface SweepParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** `false` for a node that does not sweep. Milliseconds. */
  readonly everyMs: number | false;
  readonly sessionName: string;
  readonly sink: ExpirySink;
}

/** The sweeps of this process by store: several session names may share one. */
const sweeps = new WeakMap<SessionStore, Set<SweepParts>>();

/**
 * Removes the expired sessions of a store at intervals. Where a listener of this process gets the event
 * `expired`, of any session name on the store, it claims them and reports each under its own name.
 */
export class ExpirySweep {
  readonly #parts: SweepParts;
  readonly #timer: SweepTimer | null;
  readonly #claims = new PendingWork();
  #release: (() => void) | null = null;
  #isStopped = false;

  constructor(parts: SweepParts) {
    const { clock, everyMs, sink } = parts;
    this.#parts = parts;
    const deleteExpired = (before: number, limit: number): Promise<number> => this.#remove(before, limit);
    const emit = (event: SessionEvent): void => sink.emit(event);
    this.#timer =
      everyMs === false ? null : new SweepTimer({ deleteExpired }, clock, everyMs, Math.random, emit);
  }

  /** The sweep of a store; `null` for a store that removes expired sessions itself. */
  static of(parts: SweepParts): ExpirySweep | null {
    return isExpirySweeper(parts.store) || claimsExpiry(parts.store) ? new ExpirySweep(parts) : null;
  }

  /** Starts the timer, and reports expired sessions that any sweep of this process finds on the store. */
  start(): void {
    const { store } = this.#parts;
    sweeps.set(store, (sweeps.get(store) ?? new Set()).add(this.#parts));
    this.#hold();
    this.#timer?.start();
  }

  /** Stops the timer, waits for a claim under way, and begins no further one. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.stop();
    sweeps.get(this.#parts.store)?.delete(this.#parts);
    this.#release?.();
    this.#release = null;
    await this.#claims.done(CLAIM_WITHIN_MS);
    // Listeners run in the next turn.
    await new Promise<void>((resolve) => nextTurn(resolve));
  }

  /** Sweeps now, as the timer does. Returns the number of removed sessions. */
  async sweep(): Promise<number> {
    return (await this.#timer?.sweep()) ?? 0;
  }

  async #remove(before: number, limit: number): Promise<number> {
    const { store } = this.#parts;
    const sinks = this.#sinks();
    if (sinks.size > 0 && claimsExpiry(store)) {
      this.#hold();
      return this.#claims.add(this.#claim(store, sinks, before, limit));
    }
    return isExpirySweeper(store) ? store.deleteExpired(before, limit) : 0;
  }

  async #claim(
    store: SessionStore & ExpiryClaims,
    sinks: ReadonlyMap<string, ExpirySink>,
    before: number,
    limit: number,
  ): Promise<number> {
    // Before the claim: if the store fails afterwards, the events of the claim would be lost.
    const epochs = await epochsOf(store, [...sinks.keys()]);
    let count = 0;
    while (!this.#isStopped) {
      const most = Math.min(CLAIMED_AT_ONCE, limit - count);
      const claimed = await store.claimExpired(before, most);
      for (const session of claimed) report(session, store, sinks, epochs);
      count += claimed.length;
      if (claimed.length < most || count >= limit) break;
      // The listeners run before the next claim, and so do requests.
      await new Promise<void>((resolve) => nextTurn(resolve));
    }
    return count;
  }

  /** The sinks with a listener by session name, this one's first. */
  #sinks(): Map<string, ExpirySink> {
    const found = new Map<string, ExpirySink>();
    for (const { sessionName, sink } of [this.#parts, ...(sweeps.get(this.#parts.store) ?? [])])
      if (!found.has(sessionName) && sink.listensTo('expired')) found.set(sessionName, sink);
    return found;
  }

  /** A store with a timer of its own leaves expired sessions to the claims, while a sweep makes them. */
  #hold(): void {
    const { store } = this.#parts;
    if (this.#release !== null || this.#timer === null || this.#sinks().size === 0) return;
    if (claimsExpiry(store)) this.#release = store.holdExpired?.() ?? null;
  }
}

async function epochsOf(store: SessionStore, names: readonly string[]): Promise<Map<string, number>> {
  if (!hasEpochs(store)) return new Map();
  const epochs = await Promise.all(names.map(async (name) => [name, await store.epoch(name)] as const));
  return new Map(epochs);
}

/** `revokeEverything()` has ended a session that the epoch refuses: it does not expire too. */
function report(
  session: StoredSession,
  store: SessionStore,
  sinks: ReadonlyMap<string, ExpirySink>,
  epochs: ReadonlyMap<string, number>,
): void {
  const { record } = session;
  const sessionName = nameOf(record);
  const sink = sinks.get(sessionName);
  if (sink === undefined || (record.epoch ?? 0) < (epochs.get(sessionName) ?? 0)) return;
  const principal = record.principal === null ? null : scopeOf(record.principal).principal;
  const handle = handleOf(session, store);
  sink.emit({ type: 'expired', sessionName, at: record.expiresAt, handle, principal });
}

/** The name of the session that a record belongs to. */
function nameOf({ attributes, principal }: SessionRecord): string {
  const stored = readName(attributes.get(NAME));
  if (stored !== null) return stored;
  return principal === null ? DEFAULT_NAME : scopeOf(principal).sessionName;
}
