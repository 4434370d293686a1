import { readArguments } from '../../scripts/read-arguments.mjs';

const SECTIONS = ['floor', 'middleware', 'servers', 'stores', 'memory', 'growth'];
const QUICK_SECTIONS = ['floor', 'middleware', 'memory'];

const usage = `node bench/run.mjs [options]
  --quick      under a minute: fewer rounds and subjects, sizes s and l, the sections ${QUICK_SECTIONS.join(', ')}
  --only a,b   only these sections: ${SECTIONS.join(', ')}
  --rounds n   at most n rounds of each measurement
  --publish    publishes the results after the run, like node bench/publish.mjs

The build is dist, or the folder in NEST_SESSION_DIST. The section middleware also measures the build in
NEST_SESSION_BEFORE, if that is set.`;

/** The options of a run: which sections to measure, and how many rounds. */
export function readRunArguments() {
  const options = {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    publish: { type: 'boolean', default: false },
  };
  const { values, refuse } = readArguments({ usage, options });
  const { quick, publish } = values;
  const only = values.only?.split(',') ?? (quick ? QUICK_SECTIONS : SECTIONS);
  const unknown = only.filter((name) => !SECTIONS.includes(name));
  if (unknown.length > 0) refuse(`Unknown sections: ${unknown.join(', ')}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(rounds >= 1))
    refuse(`--rounds must be a number, 1 or more, got "${values.rounds}"`);
  return { quick, publish, only, rounds };
}
