import { Child } from '../lib/child.mjs';
import { interleave } from '../lib/rounds.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/**
 * Collections on the measured thread, else helpers that wait for a core are counted too; and small ones, so that each
 * slice of a round has its share of them.
 */
const FLAGS = [
  ...['--single-threaded-gc', '--max-old-space-size=8000'],
  ...['--min-semi-space-size=1', '--max-semi-space-size=1'],
];

/**
 * Rounds of one case. Each subject has a fresh process, since code that has met other cases is compiled for those too.
 * They warm up side by side, for so much CPU time each, and are measured in turn.
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
