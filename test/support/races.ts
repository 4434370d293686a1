/**
 * Races of each test of several processes. The environment variable RACES sets more of them, for a rare order of events.
 * Each race has an order of requests of its own, and the order repeats after a few of them.
 */
export const RACES = Number(process.env['RACES']) || 200;

/** Far above what the races of a test take on a busy machine. Milliseconds. */
export const RACES_LIMIT_MS = 120_000 + 600 * RACES;
