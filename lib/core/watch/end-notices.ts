import type { SessionEvent } from '../session-event.js';
import type { StoreNotices } from '../store/store-powers.js';
import { nextTurn } from '../util/clock.js';
import { endIn, type EndedSessions, type EndReports, type SessionEnd } from './session-end.js';

/** How many handles one text has: with the longest session name it stays below 4096 bytes. */
const MOST_HANDLES = 100;

const REASONS: ReadonlySet<unknown> = new Set<SessionEnd>([
  'logout',
  'revoked',
  'expired',
  'replaced',
  'ended',
]);

/**
 * Tells all processes which sessions of one name have ended, by the notices of their store. A text has
 * handles, never an id, a key or a user.
 */
export class EndNotices implements EndReports {
  readonly #store: StoreNotices;
  readonly #realm: string;
  readonly #failed: (error: unknown) => void;
  #pending: EndedSessions[] = [];

  /** `failed` receives the error of a text that could not be sent. */
  constructor(store: StoreNotices, realm: string, failed: (error: unknown) => void) {
    this.#store = store;
    this.#realm = realm;
    this.#failed = failed;
  }

  /** Tells the others what an event has ended, together with the other events of this turn. */
  readonly publish = (event: SessionEvent): void => {
    const end = endIn(event);
    if (end === null) return;
    this.#pending.push(end);
    if (this.#pending.length === 1) nextTurn(() => this.#send());
  };

  subscribe(onEnd: (end: EndedSessions | null) => void): () => Promise<void> {
    return this.#store.subscribe((notice) => {
      if (notice === null) return onEnd(null);
      const end = this.#read(notice);
      if (end !== null) onEnd(end);
    });
  }

  #send(): void {
    const ends = this.#pending;
    this.#pending = [];
    for (const { reason, handles } of grouped(ends))
      this.#sendOne(JSON.stringify([this.#realm, reason, handles])).catch(this.#failed);
  }

  /** A store that throws must not end the process. */
  async #sendOne(notice: string): Promise<void> {
    await this.#store.publish(notice);
  }

  /** `null` for a text about another session name, and for one that this version does not know. */
  #read(notice: string): EndedSessions | null {
    let read: unknown;
    try {
      read = JSON.parse(notice);
    } catch {
      return null;
    }
    if (!Array.isArray(read)) return null;
    const [realm, reason, handles] = read as unknown[];
    const isKnown = realm === this.#realm && REASONS.has(reason);
    return isKnown && (handles === null || Array.isArray(handles))
      ? { reason: reason as SessionEnd, handles: handles as string[] | null }
      : null;
  }
}

/** The same ends with as few groups as possible. */
function grouped(ends: readonly EndedSessions[]): EndedSessions[] {
  const groups: EndedSessions[] = [];
  for (const reason of new Set(ends.map((end) => end.reason))) {
    const same = ends.filter((end) => end.reason === reason);
    if (same.some(({ handles }) => handles === null)) groups.push({ reason, handles: null });
    const handles = same.flatMap((end) => end.handles ?? []);
    for (let from = 0; from < handles.length; from += MOST_HANDLES)
      groups.push({ reason, handles: handles.slice(from, from + MOST_HANDLES) });
  }
  return groups;
}
