/** The source of the time, in epoch milliseconds. Tests pass a clock of their own. */
export interface Clock {
  now(): number;
}

/** The clock of the system. */
export const systemClock: Clock = { now: () => Date.now() };

/** `seconds(30)`: thirty seconds, in milliseconds. */
export const seconds = (count: number): number => count * 1000;

/** `minutes(30)`: half an hour, in milliseconds. */
export const minutes = (count: number): number => seconds(count * 60);

/** `hours(12)`: half a day, in milliseconds. */
export const hours = (count: number): number => minutes(count * 60);

/** `days(30)`: thirty days, in milliseconds. */
export const days = (count: number): number => hours(count * 24);

/** Runs a step in the next turn of the event loop: the real `setImmediate`, never a fake timer. */
export const nextTurn: (run: () => void) => void = globalThis.setImmediate;
