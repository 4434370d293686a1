import { quantile } from '../lib/statistics.mjs';
import { pieces } from './pieces.mjs';

const LOOPS = 5000;
const ROUNDS = 32;

/**
 * Nanoseconds of CPU for each implementation of each operation. Uses the lower quartile of the rounds,
 * because other processes on the machine make some rounds slower.
 */
export async function floor() {
  const results = {};
  for (const [name, ways] of Object.entries(await pieces()))
    results[name] = Object.fromEntries(
      Object.entries(ways).map(([way, step]) => [way, Math.round(nanoseconds(step))]),
    );
  return results;
}

function nanoseconds(step) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let loop = 0; loop < LOOPS; loop++) kept = step();
    const { user, system } = process.cpuUsage(before);
    rounds.push(((user + system) * 1000) / LOOPS);
  }
  return quantile(rounds, 0.25);
}

/** The result of the last step. V8 would remove steps whose results are not used. */
export let kept;
