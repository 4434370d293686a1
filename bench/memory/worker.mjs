import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { quantile } from '../lib/statistics.mjs';
import { STORES } from './stores.mjs';

const held = {};

/** Fills a store. Returns the bytes per session minus its data, and the times of a collection and a sweep. */
export async function fill({ subject, sessions }) {
  const filled = (held.filled = await STORES[subject]());
  filled.put('warm-up', dataOf(0));
  const before = await bytesHeld();
  for (let made = 0; made < sessions; made++) {
    filled.put(newId(), dataOf(made));
    if (made % 1000 === 0) await setImmediate();
  }
  const bytes = (await bytesHeld()) - before;
  const data = Buffer.byteLength(JSON.stringify(dataOf(sessions - 1)));
  return { bytesOverData: bytes / sessions - data, collectionMs: collectionMs(), sweepMs: await sweepMs() };
}

/** 160 bytes of JSON that share no memory with another session. */
const dataOf = (at) => ({
  userId: `user-${at}`,
  role: 'editor',
  csrf: randomBytes(24).toString('base64url'),
  cart: [{ sku: `article-${at % 977}`, amount: 1 }],
  seen: Date.now(),
  locale: 'en-GB',
});

const newId = () => randomBytes(24).toString('base64url');

async function bytesHeld() {
  await setImmediate();
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Time of a full garbage collection: the shortest of five, because other processes only make it longer. */
function collectionMs() {
  const times = [1, 2, 3, 4, 5].map(() => {
    const began = performance.now();
    globalThis.gc();
    return performance.now() - began;
  });
  return quantile(times, 0);
}

/** Time of a sweep when all sessions have expired. `null` if the store has no sweep. */
async function sweepMs() {
  if (held.filled.sweep === undefined) return null;
  const began = performance.now();
  await held.filled.sweep();
  return performance.now() - began;
}
