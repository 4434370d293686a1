/** Maximum overhead, as a share of the overhead of express-session in the same run. */
export const MIDDLEWARE = {
  'W1 s': 0.12,
  'W1 m': 0.04,
  'W1 l': 0.005,
  'W1u s': 0.02,
  'W1u m': 0.02,
  'W1u l': 0.02,
  'W2 s': 0.15,
  'W2 m': 0.1,
  'W2 l': 0.1,
  'W3 s': 0.04,
  'W4 s': 0.2,
  'W5 s': 0.12,
};

/** Maximum bytes allocated per request that reads a session, minus those without a session. */
export const HEAP_BYTES = 1536;

/** Maximum overhead on Fastify, as a share of the overhead of @fastify/session. */
export const FASTIFY = 0.25;

/** Maximum round trips to a store per request. */
export const TRIPS = { read: 1, write: 2, nothing: 0 };

/**
 * Maximums of the memory store: bytes per session minus its data, and the time of a sweep. `collection` is
 * the time of a full garbage collection with a million sessions, as a share of that of express-session.
 */
export const MEMORY = { bytes: 250, collection: 0.25, sweepMs: 1000 };

/** The table cells for a value: its target and whether the target is met. Both are empty without a target. */
export function verdict(value, target) {
  if (target === undefined || value === undefined || !Number.isFinite(value)) return ['', ''];
  return [`<= ${target}`, value <= target ? 'met' : 'NOT MET'];
}
