import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { quantile } from '../lib/statistics.mjs';
import { STORES } from './stores.mjs';

const held = {};

/** Fills a store and tells what that costs, per session over its data. */
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

/** 160 bytes of JSON, none of it shared with another session. */
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

/** A full collection, the quickest of several: others only add. */
function collectionMs() {
  const times = [1, 2, 3, 4, 5].map(() => {
    const began = performance.now();
    globalThis.gc();
    return performance.now() - began;
  });
  return quantile(times, 0);
}

/** How long a store that can be swept needs when all are over at once. */
async function sweepMs() {
  if (held.filled.sweep === undefined) return null;
  const began = performance.now();
  await held.filled.sweep();
  return performance.now() - began;
}
