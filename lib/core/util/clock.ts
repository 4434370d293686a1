/**
 * Where the engine reads the time. Epoch milliseconds.
 *
 * Tests hand in a clock of their own; nothing below `lib/core` asks the system.
 */
export interface Clock {
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** `seconds(30)`: thirty seconds, in milliseconds. */
export const seconds = (count: number): number => count * 1000;

/** `minutes(30)`: half an hour, in milliseconds. */
export const minutes = (count: number): number => seconds(count * 60);

/** `hours(12)`: half a day, in milliseconds. */
export const hours = (count: number): number => minutes(count * 60);

/** `days(30)`: thirty days, in milliseconds. */
export const days = (count: number): number => hours(count * 24);

/** Runs something when all that this turn of the event loop has brought is done. The real one, also where tests hold the timers. */
export const nextTurn: (run: () => void) => void = globalThis.setImmediate;
