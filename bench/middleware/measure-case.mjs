import { Child } from '../lib/child.mjs';
import { interleave } from '../lib/rounds.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/**
 * Garbage collection runs on the measured thread. Otherwise, helper threads that wait for a core are counted
 * too. The young generation is small, so that each slice of a round has its share of collections.
 */
const FLAGS = [
  ...['--single-threaded-gc', '--max-old-space-size=8000'],
  ...['--min-semi-space-size=1', '--max-semi-space-size=1'],
];

/**
 * Measures one case. Each subject has a new process, because V8 also optimizes code for the earlier cases of
 * a process. The processes warm up concurrently, for `warmUpMs` of CPU time each, and are measured one after
 * another.
 */
export async function measureCase({ subjects, warmUpMs, env, pace, ...options }) {
  const children = {};
  for (const subject of subjects) children[subject] = new Child(WORKER, { execArgv: FLAGS, env });
  const warmUp = async (subject) => {
    await children[subject].ask('prepare', { subject, ...options });
    await children[subject].ask('warmUp', { ms: warmUpMs });
  };
  try {
    await Promise.all(subjects.map(warmUp));
    return await interleave(subjects, { measure: (subject) => children[subject].ask('round'), ...pace });
  } finally {
    await Promise.all(Object.values(children).map((child) => child.end()));
  }
}
