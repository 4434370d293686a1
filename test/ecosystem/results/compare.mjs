import { SUBJECTS } from '../subjects.mjs';
import { failedSteps, verdictOf, worseSteps } from './verdict.mjs';

/** What is kept of a run: per store and subject the verdict and the steps that fail. */
export function summaryOf(results) {
  const names = Object.keys(results).sort();
  return Object.fromEntries(names.map((name) => [name, summaryOfStore(results[name])]));
}

function summaryOfStore({ notRun, subjects = {} }) {
  if (notRun !== undefined) return 'not run';
  return Object.fromEntries(
    Object.entries(subjects).map(([subject, found]) => [subject, [verdictOf(found), ...failedSteps(found)]]),
  );
}

/** A line for each step that is worse with us, and for each verdict that is not the expected one. */
export function differencesOf(row, result, expected) {
  // What is missing on this machine, such as a server, says nothing of the store.
  if (result.isMissing) return [];
  // What fails in another way at each run, with express-session too, is no matter of one run; the page says so.
  if (row.unsteady) return [];
  return [...worseWithUs(row, result), ...unexpected(row, result, expected)];
}

function worseWithUs({ name }, { subjects = {} }) {
  const { original, ...ours } = subjects;
  return Object.entries(ours).flatMap(([subject, found]) =>
    worseSteps(original, found).map(
      (step) => `WORSE: ${name}, ${SUBJECTS[subject].title}, ${step}: ${found.steps[step] ?? 'not reached'}`,
    ),
  );
}

function unexpected({ name }, { subjects = {} }, expected = {}) {
  return Object.entries(subjects).flatMap(([subject, found]) => {
    const [before] = expected[subject] ?? ['nothing'];
    const now = verdictOf(found);
    return before === now ? [] : [`CHANGED: ${name}, ${SUBJECTS[subject].title}: ${before} -> ${now}`];
  });
}
