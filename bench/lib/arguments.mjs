import { parseArgs } from 'node:util';

const HELP = `node bench/run.mjs [options]
  --quick             under a minute: fewer rounds and subjects, sizes s and l, the sections middleware and memory
  --only a,b          only these sections: floor, middleware, servers, stores, memory, growth
  --rounds n          at most n rounds of each measurement
  --publish           afterwards as node bench/publish.mjs does: charts and tables of the docs
The package is that of the repository's dist, or of NEST_SESSION_DIST. With NEST_SESSION_BEFORE, another build of it
is measured beside it in the section middleware.`;

export const SECTIONS = ['floor', 'middleware', 'servers', 'stores', 'memory', 'growth'];
const QUICK_SECTIONS = ['floor', 'middleware', 'memory'];

/** What a run was asked for; ends the process where that cannot be done. */
export function readArguments(argv = process.argv.slice(2)) {
  const { values } = parse(argv);
  if (values.help) stop(HELP, 0);
  const only = values.only?.split(',') ?? (values.quick ? QUICK_SECTIONS : SECTIONS);
  const unknown = only.filter((name) => !SECTIONS.includes(name));
  if (unknown.length > 0) stop(`There is no section ${unknown.join(', ')}.\n${HELP}`, 2);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(rounds >= 1)) stop(`--rounds wants a number.\n${HELP}`, 2);
  return { quick: values.quick ?? false, publish: values.publish ?? false, only, rounds };
}

function parse(argv) {
  const options = {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    publish: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  try {
    return parseArgs({ args: argv, options });
  } catch (error) {
    return stop(`${error.message}\n${HELP}`, 2);
  }
}

function stop(words, code) {
  (code === 0 ? console.log : console.error)(words);
  process.exit(code);
}
