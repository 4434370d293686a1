import { performance } from 'node:perf_hooks';
import { quantile } from '../lib/statistics.mjs';
import { dataOf, SIZES } from '../lib/sessions.mjs';
import { openExchange, requestText } from './exchange.mjs';
import { SUBJECTS } from './subjects.mjs';
import { WORKLOADS } from './workloads.mjs';

/** Number of sessions that the requests use in turn. A single session would favour subjects that cache. */
const SESSIONS = { s: 200, m: 100, l: 30 };

/** Milliseconds per slice of a round. Slices are short, so that other processes disturb only some of them. */
const SLICE_MS = 6;
const SLICES = 8;

let state;

/** Creates the sessions of a case through the subject, and the requests that send their cookies. */
export async function prepare({
  subject,
  workload,
  size = 's',
  bytes = SIZES[size],
  likeExpress,
  fixedClock = false,
  ...counts
}) {
  const tick = fixedClock ? fixClock() : () => {};
  const { comes, renewing = false, handle } = WORKLOADS[workload];
  const { sessions = SESSIONS[size], others = 0 } = counts;
  const { middleware, store, forget, fill, ...own } = await SUBJECTS[subject]({ renewing });
  const isBare = subject === 'none';
  const requests = [];
  if (comes === 'nothing') requests.push(requestText('theme=dark; consent=yes'));
  else if (isBare) requests.push(requestText(`sid=s%3A${'x'.repeat(77)}; theme=dark; consent=yes`));
  else requests.push(...(await login({ middleware, save: own.save, bytes, sessions, likeExpress })));
  if (others > 0) await fill?.(others);
  const handler = (req) => {
    tick();
    return isBare ? undefined : handle(req, own, size);
  };
  const exchange = openExchange(middleware, handler, { likeExpress });
  state = { exchange, requests, store, forget: comes === 'nothing' ? forget : () => {}, count: 1 };
}

/**
 * Replaces `Date.now()` by a clock that each request advances by 1 ms. With the real clock, a touch becomes
 * due during the warm-up on a slow machine, and V8 then compiles the same code differently.
 */
function fixClock() {
  let now = Date.now();
  Date.now = () => now;
  return () => now++;
}

async function login({ middleware, save, bytes, sessions, likeExpress }) {
  let index = 0;
  const handler = (req) => {
    Object.assign(req.session, dataOf(bytes, index++));
    return save?.(req);
  };
  const exchange = openExchange(middleware, handler, { likeExpress });
  const requests = [];
  for (let made = 0; made < sessions; made++) {
    const cookie = await exchange.cookiesOf(requestText());
    if (cookie === '') throw new Error('A login gave no cookie.');
    requests.push(requestText(`${cookie}; theme=dark; consent=yes`));
  }
  exchange.close();
  return requests;
}

/** Runs requests for `ms` of CPU time until the code is compiled. Computes how many requests fill a slice. */
export async function warmUp({ ms }) {
  const until = cpuMs() + ms;
  for (let count = 16, before = cpuMs(); before < until; before = cpuMs()) {
    await run({ count });
    const each = (cpuMs() - before) / count;
    state.count = Math.max(2, Math.round(SLICE_MS / each));
    count = Math.min(count * 2, Math.max(8, Math.round(ms / 4 / each)));
  }
}

/**
 * Measures one round. `value` is the CPU time of this process per request in microseconds, including garbage
 * collection. It is taken from the faster slices: on a shared machine, the CPU time of a slice can include
 * time that others used.
 */
export async function round() {
  const { count } = state;
  const slices = [];
  const whole = await timed(async () => {
    for (let slice = 0; slice < SLICES; slice++) {
      const { cpuMs } = await timed(() => run({ count, forgets: false }));
      slices.push((cpuMs * 1000) / count);
    }
  });
  await state.forget();
  return { value: quantile(slices, 0.2), ...whole };
}

async function timed(work) {
  const before = cpuMs();
  const began = performance.now();
  await work();
  const wallMs = performance.now() - began;
  return { cpuMs: cpuMs() - before, wallMs };
}

/** CPU time of this process in milliseconds, including garbage collection. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export async function run({ count, forgets = true }) {
  await state.exchange.run(state.requests, count);
  if (forgets) await state.forget();
}

/** Bytes allocated per request. The heap has room for all of them, so no garbage collection runs. */
export async function allocation({ count = 400 } = {}) {
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  await run({ count, forgets: false });
  return (process.memoryUsage().heapUsed - before) / count;
}

const STORE_METHODS = ['load', 'create', 'patch', 'rekey', 'delete'];

/** Number of store calls per request. `null` if the subject has no store of ours. */
export async function storeCalls({ count = 100 } = {}) {
  const { store } = state;
  if (store === undefined) return null;
  let calls = 0;
  for (const method of STORE_METHODS) {
    store[method] = (...args) => {
      calls++;
      return Object.getPrototypeOf(store)[method].apply(store, args);
    };
  }
  await run({ count, forgets: false });
  for (const method of STORE_METHODS) delete store[method];
  return calls / count;
}
