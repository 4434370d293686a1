type Callback = (error?: unknown) => void;

/** Calls a function with a node-style callback; resolves to its error, or `undefined`. */
export const errorOf = (call: (callback: Callback) => unknown): Promise<unknown> =>
  new Promise((resolve) => void call((error) => resolve(error ?? undefined)));

/** A promise and the function that resolves it. */
export function later<T>(): { readonly value: Promise<T>; readonly set: (value: T) => void } {
  let set!: (value: T) => void;
  const value = new Promise<T>((resolve) => (set = resolve));
  return { value, set };
}
