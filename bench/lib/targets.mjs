/** The longest overhead that is allowed, as a share of express-session's in the same run. */
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

/** Bytes allocated per request over no session, for a session that is read. */
export const HEAP_BYTES = 1536;

/** Overhead on Fastify, as a share of that of @fastify/session. */
export const FASTIFY = 0.25;

/** Round trips of a store. */
export const TRIPS = { read: 1, write: 2, nothing: 0 };

/** Of the memory store: bytes per session over the data, and a collection at a million sessions as a share. */
export const MEMORY = { bytes: 250, collection: 0.25, sweepMs: 1000 };

/** The words for a figure beside its target; nothing where there is none. */
export function verdict(value, target) {
  if (target === undefined || value === undefined || !Number.isFinite(value)) return ['', ''];
  return [`<= ${target}`, value <= target ? 'met' : 'NOT MET'];
}
