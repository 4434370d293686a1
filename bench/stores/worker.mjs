import { performance } from 'node:perf_hooks';
import { dataOf, SIZES } from '../lib/sessions.mjs';
import { median, quantile } from '../lib/statistics.mjs';
import { countRoundTrips } from './round-trips.mjs';
import { STORES } from './stores.mjs';

const SESSIONS = 64;
const SLICES = 6;

let store;
let made = 0;

export async function open({ subject, urls }) {
  store = await STORES[subject](urls);
}

/** Creates sessions of a size. Later calls use these sessions. */
export async function fill({ size }) {
  const first = (made += SESSIONS);
  for (let at = 0; at < SESSIONS; at++) await store.make(first + at, dataOf(SIZES[size], at));
}

/** Number of round trips of one call. `null` if the store does not have the operation. */
export async function trips({ operation }) {
  if (store[operation] === undefined) return null;
  await store[operation](made);
  await store[operation](made);
  const counted = countRoundTrips();
  await store[operation](made).finally(() => counted.stop());
  return counted.trips;
}

/** CPU time per call and median latency, in microseconds, with `inFlight` concurrent calls. */
export async function round({ operation, inFlight, count }) {
  const slices = [];
  const latencies = [];
  const began = performance.now();
  let cpuUs = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    const before = process.cpuUsage();
    await Promise.all(
      Array.from({ length: inFlight }, (_, lane) => calls({ operation, lane, latencies }, count)),
    );
    const { user, system } = process.cpuUsage(before);
    slices.push((user + system) / (count * inFlight));
    cpuUs += user + system;
  }
  const latency = median(latencies) * 1000;
  // A client that waits for its server uses little CPU. This does not mean that others used the core.
  return {
    value: { cpu: quantile(slices, 0.2), latency },
    cpuMs: cpuUs / 1000,
    wallMs: performance.now() - began,
  };
}

async function calls({ operation, lane, latencies }, count) {
  for (let call = 0; call < count; call++) {
    const began = performance.now();
    await store[operation](made + (lane % SESSIONS));
    latencies.push(performance.now() - began);
  }
}

export const close = () => store.close?.();
