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
