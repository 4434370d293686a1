import { mergeLeaves, type Json, type JsonObject } from '../core/leaf-merge.js';
import { type Session } from './session.js';
import type { Store } from './store.js';

/** What the requests of this process know together of one session, as long as one of them holds it. */
export interface HeldSession {
  holders: number;
  /** Removed by one of them: no other may write it again. */
  destroyed: boolean;
  /** The text that this process has written last; `null` while nobody has. */
  written: string | null;
  /** Steps under way and waiting, in order. */
  readonly steps: (() => void)[];
}

/** What a request began with, to tell its changes from those of others. */
export interface Base {
  text: string | null;
}

/**
 * The sessions of one store that requests of this process hold. Such a store writes whole sessions: here they are put in
 * order, merged with what others in this process wrote meanwhile, and kept from coming back. Of other processes nothing
 * is known; no store of this kind could tell.
 */
export class HeldSessions {
  readonly #held = new Map<string, HeldSession>();
  /** The store is connected, as far as its events tell. */
  ready = true;

  /** The one for a store, whoever asks. */
  static of(store: Store): HeldSessions {
    let sessions = known.get(store);
    if (sessions === undefined) {
      sessions = new HeldSessions();
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

  hold(id: string): HeldSession {
    const held = this.#held.get(id) ?? { holders: 0, destroyed: false, written: null, steps: [] };
    held.holders++;
    this.#held.set(id, held);
    return held;
  }

  letGo(id: string): void {
    const held = this.#held.get(id);
    if (held !== undefined && --held.holders === 0) this.#held.delete(id);
  }
}

const known = new WeakMap<Store, HeldSessions>();

/** Runs a step when those before it are done: at once where there is none. A step says itself when it is done. */
export function inOrder(held: HeldSession, step: (done: () => void) => void): void {
  const run = (): void => {
    let finished = false;
    step(() => {
      if (finished) return;
      finished = true;
      held.steps.shift();
      held.steps[0]?.();
    });
  };
  held.steps.push(run);
  if (held.steps.length === 1) run();
}

/** The text of a session without its cookie: what tells whether it was changed. */
export function textOf(session: object): string {
  return JSON.stringify(session, function (this: unknown, name: string, value: unknown) {
    return this === session && name === 'cookie' ? undefined : value;
  });
}

/** Brings the changes of others in this process into a session that is about to be written. */
export function mergeWritten(session: Session, base: Base, held: HeldSession): void {
  if (held.written === null || held.written === base.text) return;
  const mine = JSON.parse(textOf(session)) as Json;
  const merged = mergeLeaves(
    base.text === null ? undefined : (JSON.parse(base.text) as Json),
    JSON.parse(held.written) as Json,
    mine,
  );
  const data = session as unknown as Record<string, unknown>;
  for (const name of Object.keys(data))
    if (name !== 'cookie' && !Object.hasOwn(merged as JsonObject, name)) delete data[name];
  for (const [name, value] of Object.entries(merged as JsonObject)) {
    if (JSON.stringify(data[name]) !== JSON.stringify(value) && !(name in Object.getPrototypeOf(session)))
      data[name] = value;
  }
}
