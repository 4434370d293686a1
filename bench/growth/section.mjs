import { median, round } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';
import { measureCase } from '../middleware/measure-case.mjs';

const SUBJECTS = ['none', 'express-session', 'nest-session/http'];
const KB = 1024;

/** CPU per request, minus that without a session, by size of the session and by number of other sessions. */
export async function growth({ quick, rounds, env }) {
  const pace = { ...(quick ? { least: 3, most: 3 } : { least: 7, most: 15 }), enough: 0.04 };
  if (rounds !== undefined) Object.assign(pace, { least: Math.min(pace.least, rounds), most: rounds });
  const about = { warmUpMs: quick ? 500 : 1500, pace, env };
  const bytes = quick ? [60, 8 * KB, KB * KB] : [60, KB, 8 * KB, 64 * KB, 256 * KB, KB * KB];
  const others = quick ? [1, 10_000] : [1, 1000, 100_000, 1_000_000];
  const results = { read: {}, changed: {}, sessions: {} };
  for (const size of bytes) {
    const options = { bytes: size, sessions: 10 };
    results.read[size] = await measure({ ...options, workload: 'W1', ...about });
    results.changed[size] = await measure({ ...options, workload: 'W2', ...about });
  }
  for (const count of others) {
    results.sessions[count] = await measure({ others: count, sessions: 1, workload: 'W1', ...about });
  }
  return results;
}

async function measure(options) {
  const { workload, bytes = 60, others = 0 } = options;
  progress(`growth: ${workload}, sessions of ${bytes} bytes, ${others} others`);
  const { values } = await measureCase({ subjects: SUBJECTS, ...options });
  const [bare, peer, ours] = SUBJECTS.map((subject) => median(values[subject]));
  return { 'express-session': round(peer - bare), 'nest-session/http': round(ours - bare) };
}
