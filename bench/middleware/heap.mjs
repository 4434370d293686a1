import { Child } from '../lib/child.mjs';
import { median } from '../lib/statistics.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/** The young generation has room for all allocations of a count, so no garbage collection interrupts it. */
const FLAGS = [
  '--expose-gc',
  '--single-threaded-gc',
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
];

/** Bytes that each subject allocates per request, minus those of the bare request. */
export async function heapPerRequest(subjects, { env, repeats, workload = 'W1' }) {
  const bytes = {};
  for (const subject of subjects) bytes[subject] = await allocated({ subject, workload, repeats, env });
  return Object.fromEntries(subjects.map((subject) => [subject, Math.round(bytes[subject] - bytes.none)]));
}

/** Bytes that one subject allocates per request: the median of `repeats` counts. */
export const allocated = async (options) => (await counted(options)).bytes;

/** Like `allocated`, with the number of store calls per request. */
export async function counted({ subject, workload, repeats, env, warmUp = 8000 }) {
  const child = new Child(WORKER, { execArgv: FLAGS, env });
  try {
    await child.ask('prepare', { subject, workload });
    await child.ask('run', { count: warmUp });
    const values = [];
    for (let repeat = 0; repeat < repeats; repeat++) values.push(await child.ask('allocation'));
    const storeCalls = await child.ask('storeCalls');
    return { bytes: median(values), storeCalls };
  } finally {
    await child.end();
  }
}
