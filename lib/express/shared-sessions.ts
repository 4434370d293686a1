import { inTime } from '../stores/express-session/callback-store.js';
import type { Callback } from '../stores/express-session/session.js';
import type { Store } from '../stores/express-session/store.js';

/** What the requests of this process know together of one session, as long as one of them lives. */
export interface SharedSession {
  /** Removed by one of them: no other may write it again. */
  destroyed: boolean;
  /** The text that this process has written last; `null` while nobody has. */
  written: string | null;
  /** How often it was written, to tell what came after a load. */
  writes: number;
  /** Touches under way: they overlap each other, and steps wait for them. */
  touching: number;
  /** Steps under way and waiting, in order. */
  readonly steps: (() => void)[];
}

/**
 * The sessions of one store that requests of this process hold. Such a store writes whole sessions: here they are put in
 * order, merged with what others in this process wrote meanwhile, and kept from coming back. Of other processes nothing
 * is known; no store of this kind could tell.
 */
export class SharedSessions {
  /** Weakly: a request may go on long after its client has left, and nothing tells when it is over. */
  readonly #held = new Map<string, WeakRef<SharedSession>>();
  readonly #collected = new FinalizationRegistry<string>((id) => {
    if (this.#held.get(id)?.deref() === undefined) this.#held.delete(id);
  });
  /** The store is connected, as far as its events tell. */
  ready = true;

  /** The one for a store, whoever asks. */
  static of(store: Store): SharedSessions {
    let sessions = known.get(store);
    if (sessions === undefined) {
      sessions = new SharedSessions();
      known.set(store, sessions);
      sessions.#listen(store);
    }
    return sessions;
  }

  #listen(store: Store): void {
    if (typeof store.on !== 'function') return;
    store.on('disconnect', () => (this.ready = false));
    store.on('connect', () => (this.ready = true));
  }

  /** What is known of an id; after its removal is complete, whoever comes holds another session. */
  hold(id: string): SharedSession {
    const held = this.#held.get(id)?.deref();
    const isOver = held === undefined || (held.destroyed && held.steps.length === 0);
    return isOver ? this.begin(id) : held;
  }

  /** A session begins: nothing that was known of its id holds for it. */
  begin(id: string): SharedSession {
    const held: SharedSession = { destroyed: false, written: null, writes: 0, touching: 0, steps: [] };
    this.#held.set(id, new WeakRef(held));
    this.#collected.register(held, id);
    return held;
  }
}

const known = new WeakMap<Store, SharedSessions>();

/** Told once. `now` where the step threw and whoever asked for it can still catch that, `late` where not. */
export type StepDone = Callback;

/**
 * Runs a step when those before it are done: at once where there is none. A step says itself when it is done, and only
 * the first time counts; one that does not say so within the limit has
 * failed, and `late` hears of it when it does. What it throws is told, and thrown as
 * well where somebody is there to catch it.
 */
export function inOrder(
  held: SharedSession,
  step: (done: Callback) => void,
  limitMs: number | null,
  callback: StepDone,
  late?: () => void,
): void {
  const thrown = held.steps.length === 0 && held.touching === 0 ? 'now' : 'late';
  const run = (): void => {
    let finished = false;
    const finish = (...result: Parameters<StepDone>): void => {
      if (finished) return;
      finished = true;
      held.steps.shift();
      // Looked up before the callback: what that begins with nobody before it runs at once.
      const [next] = held.steps;
      try {
        callback(...result);
      } finally {
        next?.();
      }
    };
    try {
      step(inTime(limitMs, (error) => finish(error), late));
    } catch (error) {
      const isOwn = !finished;
      finish(error, thrown);
      if (thrown === 'now' || !isOwn) throw error;
    }
  };
  held.steps.push(run);
  if (thrown === 'now') run();
}
