import { median, uncertainty } from './statistics.mjs';

/** CPU time divided by wall time. Below this value, other processes used the core. */
const STOLEN = 0.5;

/**
 * Measures in interleaved rounds, each subject once per round, until the results are stable.
 *
 * `measure(subject)` resolves with `{ value, cpuMs, wallMs }`. A round is discarded if other processes used
 * the core during any of its measurements. At most `most` rounds are discarded. The loop ends after `most`
 * valid rounds. It ends earlier, after at least `least` rounds, when no relative uncertainty is above
 * `enough`.
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
