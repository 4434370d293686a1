import { Child } from '../lib/child.mjs';
import { interleave } from '../lib/rounds.mjs';
import { median, round, uncertainty } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';
import { heapPerRequest } from './heap.mjs';
import { cases } from './workloads.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/**
 * Collections on the measured thread, else helpers that wait for a core are counted too; and small ones, so that each
 * slice of a round has its share of them.
 */
const FLAGS = ['--expose-gc', '--single-threaded-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'];

const SUBJECTS = [
  'none',
  'express-session',
  'cookie-session',
  'iron-session',
  'nest-session/http',
  'nest-session/express',
];

/** What the middleware adds to a request, in CPU and in allocated bytes. */
export async function middleware({ quick, rounds, env }) {
  const subjects = [...SUBJECTS, ...(env.BENCH_BUILD_BEFORE ? ['nest-session/http before'] : [])];
  const pace = quick
    ? { firstMs: 3000, warmUpMs: 250, least: 5, most: 8 }
    : { firstMs: 5000, warmUpMs: 1000, least: 7, most: 15 };
  const most = rounds ?? pace.most;
  const all = cases(quick ? ['s', 'l'] : ['s', 'm', 'l'], subjects);
  const children = Object.fromEntries(
    subjects.map((name) => [name, new Child(WORKER, { execArgv: FLAGS, env })]),
  );
  const cpu = {};
  let isFirst = true;
  try {
    for (const [at, one] of all.entries()) {
      const name = `${one.workload} ${one.size}`;
      progress(`middleware ${at + 1} of ${all.length}: ${name}`);
      cpu[name] = await measure(children, one, {
        ...pace,
        warmUpMs: isFirst ? pace.firstMs : pace.warmUpMs,
        least: Math.min(pace.least, most),
        most,
      });
      isFirst = false;
    }
  } finally {
    await Promise.all(Object.values(children).map((child) => child.end()));
  }
  progress('middleware: heap allocated per request');
  return { cpu, heap: await heapPerRequest(subjects, { env, repeats: quick ? 3 : 15 }) };
}

async function measure(children, { workload, size, subjects }, { warmUpMs, least, most }) {
  for (const subject of subjects) {
    await children[subject].ask('prepare', { subject, workload, size });
    await children[subject].ask('warmUp', { ms: warmUpMs });
  }
  const asked = (subject) => children[subject].ask('round');
  const { values, thrown } = await interleave(subjects, { measure: asked, least, most });
  return overheads(values, thrown);
}

/** Each subject less the bare request. */
function overheads({ none, ...others }, thrown) {
  const over = {};
  for (const [subject, series] of Object.entries(others)) {
    const plusMinus = Math.hypot(uncertainty(series), uncertainty(none));
    over[subject] = { us: round(median(series) - median(none)), plusMinus: round(plusMinus) };
  }
  return { bareUs: round(median(none)), over, rounds: none.length, thrown };
}
