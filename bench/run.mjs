/**
 * Measures the cost of sessions, of this package and of its peers: `npm run bench`, or `node bench/run.mjs --help`.
 *
 * Compare figures of one run only. Subjects take turns, so that other work of the machine affects all of them.
 */
import { readRunArguments } from './lib/arguments.mjs';
import { copyBuild, installPackages } from './lib/prepare.mjs';
import { keepResults } from './lib/results.mjs';

const SECTIONS = {
  floor: async () => {
    const { floor } = await import('./floor/section.mjs');
    const { floorReport } = await import('./floor/report.mjs');
    return { measure: floor, report: floorReport };
  },
  middleware: async () => {
    const { middleware } = await import('./middleware/section.mjs');
    const { middlewareReport } = await import('./middleware/report.mjs');
    return { measure: middleware, report: middlewareReport };
  },
  servers: async () => {
    const { servers } = await import('./servers/section.mjs');
    const { serversReport } = await import('./servers/report.mjs');
    return { measure: servers, report: serversReport };
  },
  stores: async () => {
    const { stores } = await import('./stores/section.mjs');
    const { storesReport } = await import('./stores/report.mjs');
    return { measure: stores, report: storesReport };
  },
  memory: async () => {
    const { memory } = await import('./memory/section.mjs');
    const { memoryReport } = await import('./memory/report.mjs');
    return { measure: memory, report: memoryReport };
  },
  growth: async () => {
    const { growth } = await import('./growth/section.mjs');
    const { growthReport } = await import('./growth/report.mjs');
    return { measure: growth, report: growthReport };
  },
};

const { quick, publish, only, rounds } = readRunArguments();
const began = Date.now();
installPackages();
// Only now: it needs one of these packages.
const { endProgress } = await import('./lib/terminal.mjs');
const builds = [copyBuild()];
const env = { BENCH_BUILD: builds[0].folder };
if (process.env.NEST_SESSION_BEFORE) {
  builds.push(copyBuild(process.env.NEST_SESSION_BEFORE));
  env.BENCH_BUILD_BEFORE = builds[1].folder;
}
const measured = {};
try {
  for (const name of only) {
    const { measure, report } = await SECTIONS[name]();
    const since = Date.now();
    measured[name] = await measure({ quick, rounds, env });
    endProgress();
    console.log(`\n${report(measured[name])}\n\n${name}: ${secondsFrom(since)} s`);
    // After each section, so that an interrupted run keeps its results.
    keepResults(measured, { quick });
  }
} finally {
  for (const build of builds) build.remove();
}
if (publish) await (await import('./publish.mjs')).publish();
console.log(`\n${secondsFrom(began)} s. All results: bench/results/latest.json`);

function secondsFrom(instant) {
  return Math.round((Date.now() - instant) / 1000);
}
