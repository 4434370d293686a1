import { recordingStore, type AnyStore, type AnyFunction } from './entry-implementations.js';

type Method = 'get' | 'set' | 'touch' | 'destroy';

/** A store that delays the calls of one method until they are released. */
export type HeldStore = AnyStore & {
  calls: string[];
  /** Resolves when the method has been called `times` times. */
  readonly called: (times?: number) => Promise<void>;
  /** Runs the oldest waiting call; with an error, calls back with that instead. */
  readonly release: (error?: unknown) => void;
};

export function heldStore(
  session: AnyFunction,
  method: Method,
  sessions: Record<string, object> = {},
): HeldStore {
  const store = recordingStore(session, sessions);
  const proceed = store[method] as (...args: unknown[]) => void;
  const waiting: ((error?: unknown) => void)[] = [];
  const watchers: (() => void)[] = [];
  let count = 0;
  const held = (...args: unknown[]): void => {
    count++;
    waiting.push((error) => {
      if (error === undefined) proceed.apply(store, args);
      else (args.at(-1) as (error: unknown) => void)(error);
    });
    for (const watcher of watchers) watcher();
  };
  const called = (times = 1): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (count >= times && resolve());
      watchers.push(look);
      look();
    });
  return Object.assign(store, {
    [method]: held,
    called,
    release: (error?: unknown) => waiting.shift()!(error),
  });
}

/** A store that calls back synchronously. */
export function synchronousStore(
  session: AnyFunction,
  sessions: Record<string, object> = {},
): AnyStore & { calls: string[] } {
  const store = recordingStore(session, sessions);
  const recorded = (name: Method): void => void store.calls.push(name);
  return Object.assign(store, {
    get: (id: string, done: (error: unknown, found?: unknown) => void) => {
      recorded('get');
      const text = store.sessions[id];
      done(null, text === undefined ? undefined : JSON.parse(text));
    },
    set: (id: string, data: object, done: () => void) => {
      recorded('set');
      store.sessions[id] = JSON.stringify(data);
      done();
    },
    touch: (_id: string, _data: object, done: () => void) => {
      recorded('touch');
      done();
    },
    destroy: (id: string, done: () => void) => {
      recorded('destroy');
      delete store.sessions[id];
      done();
    },
  });
}

/** A store with a method that calls back with an error, or throws it. */
export function brokenStore(
  session: AnyFunction,
  method: Method,
  how: 'passes' | 'throws',
  sessions: Record<string, object> = {},
): AnyStore & { calls: string[] } {
  const store = recordingStore(session, sessions);
  return Object.assign(store, {
    [method]: (...args: unknown[]) => {
      store.calls.push(method);
      const error = new Error('the store is broken');
      if (how === 'throws') throw error;
      setImmediate(args.at(-1) as (error: unknown) => void, error);
    },
  });
}

/** The data of an id in a memory store, without the cookie. */
export function dataOf(store: AnyStore, id: string): unknown {
  const text = store.sessions[id];
  if (text === undefined) return undefined;
  const { cookie: _, ...data } = JSON.parse(text) as Record<string, unknown>;
  return data;
}

/** Resolves after one turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
