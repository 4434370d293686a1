import { Child } from '../lib/child.mjs';
import { interleave } from '../lib/rounds.mjs';
import { median, round } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';

const WORKER = new URL('../middleware/worker.mjs', import.meta.url);
const FLAGS = [
  ...['--expose-gc', '--single-threaded-gc', '--max-old-space-size=8000'],
  ...['--min-semi-space-size=1', '--max-semi-space-size=1'],
];
const SUBJECTS = ['none', 'express-session', 'nest-session/http'];
const KB = 1024;

/** What a request costs as its session grows, and as others' sessions become more. CPU over no session. */
export async function growth({ quick, rounds, env }) {
  const pace = quick ? { warmUpMs: 500, least: 3, most: 3 } : { warmUpMs: 1500, least: 7, most: 15 };
  if (rounds !== undefined) Object.assign(pace, { least: Math.min(pace.least, rounds), most: rounds });
  const bytes = quick ? [60, 8 * KB, KB * KB] : [60, KB, 8 * KB, 64 * KB, 256 * KB, KB * KB];
  const others = quick ? [1, 10_000] : [1, 1000, 100_000, 1_000_000];
  const results = { read: {}, changed: {}, sessions: {} };
  for (const size of bytes) {
    const options = { bytes: size, sessions: 10 };
    results.read[size] = await measure({ ...options, workload: 'W1', pace, env });
    results.changed[size] = await measure({ ...options, workload: 'W2', pace, env });
  }
  for (const count of others) {
    results.sessions[count] = await measure({ others: count, sessions: 1, workload: 'W1', pace, env });
  }
  return results;
}

async function measure({ pace, env, ...options }) {
  const { workload, bytes = 60, others = 0 } = options;
  progress(`growth: ${workload}, sessions of ${bytes} bytes, ${others} others`);
  const children = Object.fromEntries(
    SUBJECTS.map((name) => [name, new Child(WORKER, { execArgv: FLAGS, env })]),
  );
  try {
    for (const subject of SUBJECTS) {
      await children[subject].ask('prepare', { subject, ...options });
      await children[subject].ask('warmUp', { ms: pace.warmUpMs });
    }
    const asked = (subject) => children[subject].ask('round');
    const { values } = await interleave(SUBJECTS, { measure: asked, ...pace, enough: 0.04 });
    const [bare, peer, ours] = SUBJECTS.map((subject) => median(values[subject]));
    return { 'express-session': round(peer - bare), 'nest-session/http': round(ours - bare) };
  } finally {
    await Promise.all(Object.values(children).map((child) => child.end()));
  }
}
