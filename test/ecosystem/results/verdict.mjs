import { LOGIN_STEPS, STEPS } from '../flow/steps.mjs';

export const isFailed = (result) => result !== undefined && result.startsWith('fail');

/** The steps that failed, in their order. */
export const failedSteps = ({ steps }) => STEPS.filter((step) => isFailed(steps[step]));

/** `clean`, `defects` where people can log in and something else fails, `fails` where they cannot. */
export function verdictOf(found) {
  const failed = failedSteps(found);
  if (failed.length === 0) return 'clean';
  return failed.some((step) => LOGIN_STEPS.includes(step)) ? 'fails' : 'defects';
}

/** Steps that pass with express-session and not here. A step that was not reached counts as failed. */
export function worseSteps(original, found) {
  return STEPS.filter((step) => {
    const before = original.steps[step];
    return (
      (before === 'pass' || before === 'absent') &&
      before !== found.steps[step] &&
      found.steps[step] !== 'pass'
    );
  });
}
