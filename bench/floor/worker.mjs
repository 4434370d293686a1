import { pieces } from './pieces.mjs';

const LOOPS = 5000;
const ROUNDS = 32;

/** Nanoseconds of CPU for each piece, each way: those of the quicker rounds, in which nobody else had the machine. */
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
  return rounds.sort((one, other) => one - other)[ROUNDS / 4];
}

/** What a step gives goes somewhere, or the compiler would leave the step out. */
export let kept;
