import { median, round, uncertainty } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';
import { heapPerRequest } from './heap.mjs';
import { measureCase } from './measure-case.mjs';
import { cases } from './workloads.mjs';

const FEW = ['none', 'express-session', 'nest-session/http'];
const ALL = [
  'none',
  'express-session',
  'cookie-session',
  'iron-session',
  'nest-session/http',
  'nest-session/express',
];

/** Results are stable after about one second of CPU time. Node 20 takes longest. */
const QUICK = { warmUpMs: 1000, least: 5, most: 8, heapCounts: 3 };
const FULL = { warmUpMs: 2000, least: 7, most: 15, heapCounts: 15 };

/**
 * CPU time and allocated bytes that the middleware adds to a request. `plain` is the CPU time on requests of
 * plain node:http, whose prototypes Express has not replaced.
 */
export async function middleware({ quick, rounds, env }) {
  const { warmUpMs, heapCounts, ...pace } = quick ? QUICK : FULL;
  if (rounds !== undefined) Object.assign(pace, { least: Math.min(pace.least, rounds), most: rounds });
  const before = env.BENCH_BUILD_BEFORE ? ['nest-session/http before'] : [];
  const subjects = [...(quick ? FEW : ALL), ...before];
  const about = { warmUpMs, pace, env };
  const cpu = await measure(cases(quick ? ['s', 'l'] : ['s', 'm', 'l'], subjects), about);
  const plain = quick
    ? {}
    : await measure(cases(['s'], [...FEW, ...before]), { ...about, likeExpress: false });
  progress('middleware: heap allocated per request');
  return { cpu, plain, heap: await heapPerRequest(subjects, { env, repeats: heapCounts }) };
}

async function measure(all, { likeExpress = true, ...about }) {
  const results = {};
  for (const [at, { name, ...one }] of all.entries()) {
    progress(`middleware${likeExpress ? '' : ', plain node:http'}: ${name} (${at + 1} of ${all.length})`);
    results[name] = overheads(await measureCase({ ...one, likeExpress, ...about }));
  }
  return results;
}

/** The overhead of each subject: its CPU time minus that of the bare request. */
function overheads({ values: { none, ...others }, thrown }) {
  const over = {};
  for (const [subject, series] of Object.entries(others)) {
    const plusMinus = Math.hypot(uncertainty(series), uncertainty(none));
    over[subject] = { us: round(median(series) - median(none)), plusMinus: round(plusMinus) };
  }
  return { bareUs: round(median(none)), over, rounds: none.length, thrown };
}
