import { SUBJECTS } from '../subjects.mjs';
import { failedSteps, verdictOf } from './verdict.mjs';

/** A store as a line for each subject, and below it the steps that failed. */
export function printRow({ name }, { notRun, version, subjects = {} }) {
  if (notRun !== undefined) return console.log(`${name}: not run, ${notRun}`);
  console.log(`${name} ${version}`);
  for (const [subject, found] of Object.entries(subjects)) {
    console.log(`  ${verdictOf(found).padEnd(8)} ${SUBJECTS[subject].title}`);
    for (const step of failedSteps(found)) console.log(`             ${step}: ${found.steps[step]}`);
  }
}
