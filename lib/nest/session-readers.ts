const READERS = new WeakSet<object>();

/** Marks the function of a parameter decorator that reads a session. */
export function readsSession<F extends object>(read: F): F {
  READERS.add(read);
  return read;
}

/** Whether a function was marked by {@link readsSession}. */
export const isReader = (value: unknown): boolean => typeof value === 'function' && READERS.has(value);
