import { median, uncertainty } from './statistics.mjs';

/** Below this share of a core others had the machine. */
const STOLEN = 0.5;

/**
 * Interleaved rounds: each subject once, then each once more, until the figures stand still.
 *
 * `measure(subject)` gives `{ value, cpuMs, wallMs }`. A round in which the machine was taken away from any of them is
 * thrown away, as long as no more than half of all are. `enough` is the relative uncertainty that ends it.
 */
export async function interleave(subjects, { measure, least, most, enough = 0.02 }) {
  const values = Object.fromEntries(subjects.map((subject) => [subject, []]));
  let thrown = 0;
  for (let kept = 0; kept < most;) {
    const results = {};
    for (const subject of subjects) results[subject] = await measure(subject);
    if (wasStolen(results) && thrown < most) {
      thrown++;
      continue;
    }
    kept++;
    for (const subject of subjects) values[subject].push(results[subject].value);
    if (kept >= least && isSettled(values, enough)) break;
  }
  return { values, thrown };
}

const wasStolen = (results) => Object.values(results).some(({ cpuMs, wallMs }) => cpuMs < STOLEN * wallMs);

const isSettled = (values, enough) =>
  Object.values(values).every((series) => uncertainty(series) <= enough * median(series));
