type Callback = (error?: unknown) => void;

/** Calls something with a node-style callback; the error that it told, or `undefined`. */
export const told = (call: (callback: Callback) => unknown): Promise<unknown> =>
  new Promise((resolve) => void call((error) => resolve(error ?? undefined)));

/** A value that comes later. */
export function later<T>(): { readonly value: Promise<T>; readonly set: (value: T) => void } {
  let set!: (value: T) => void;
  const value = new Promise<T>((resolve) => (set = resolve));
  return { value, set };
}
