import { Child } from '../lib/child.mjs';
import { round } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
const FLAGS = ['--expose-gc', '--max-old-space-size=8000'];
const SUBJECTS = ['express-session', 'memorystore', '@fastify/session', 'nest-session'];

/** Heap bytes per session of each memory store, and the time of a full garbage collection. */
export async function memory({ quick, env }) {
  const counts = quick ? [100_000] : [100_000, 1_000_000];
  const results = {};
  for (const sessions of counts) {
    results[sessions] = {};
    for (const subject of SUBJECTS) {
      progress(`memory: ${subject}, ${sessions} sessions`);
      results[sessions][subject] = await measure({ subject, sessions, env });
    }
  }
  return results;
}

async function measure({ subject, sessions, env }) {
  const child = new Child(WORKER, { execArgv: FLAGS, env });
  try {
    const { bytesOverData, collectionMs, sweepMs } = await child.ask('fill', { subject, sessions });
    return {
      bytes: Math.round(bytesOverData),
      collectionMs: round(collectionMs),
      sweepMs: round(sweepMs ?? NaN),
    };
  } finally {
    await child.end();
  }
}
