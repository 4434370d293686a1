/**
 * Profiles CPU and allocation by function of the package: `node bench/profile.mjs W1 s`. Functions of Node count for the
 * function of the package that calls them.
 */
import { Session } from 'node:inspector/promises';
import { readArguments } from '../scripts/read-arguments.mjs';
import { copyBuild, installPackages } from './lib/prepare.mjs';
import { SIZES } from './lib/sessions.mjs';
import { WORKLOADS } from './middleware/workloads.mjs';

const SUBJECT = 'nest-session/http';
const usage = `node bench/profile.mjs [WORKLOAD [SIZE [SUBJECT [REQUESTS]]]]
  WORKLOAD   ${Object.keys(WORKLOADS).join(', ')}; by default W1
  SIZE       ${Object.keys(SIZES).join(', ')}; by default s
  SUBJECT    by default ${SUBJECT}
  REQUESTS   by default 20000; a tenth of it for larger sizes`;
const { positionals, refuse } = readArguments({ usage, allowPositionals: true });
const [workload = 'W1', size = 's', subject = SUBJECT, count = '20000'] = positionals;
if (!Object.hasOwn(WORKLOADS, workload)) refuse(`Unknown workload: ${workload}`);
if (!Object.hasOwn(SIZES, size)) refuse(`Unknown size: ${size}`);
if (!(count >= 10)) refuse(`REQUESTS must be a number from 10 on, got "${count}"`);
const LINES = 25;

installPackages();
// Only now: it needs one of these packages.
const { number, table } = await import('./lib/terminal.mjs');
const build = copyBuild();
try {
  process.env.BENCH_BUILD = build.folder;
  console.warn = () => {};
  const worker = await import('./middleware/worker.mjs');
  const requests = size === 's' ? Number(count) : Number(count) / 10;
  await worker.prepare({ subject, workload, size });
  await worker.run({ count: requests });
  const session = new Session();
  session.connect();
  await cpu(session, worker, requests);
  await heap(session, worker, requests);
} finally {
  build.remove();
}
process.exit();

async function cpu(session, worker, requests) {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  await worker.run({ count: requests });
  const { profile } = await session.post('Profiler.stop');
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const node of profile.nodes) for (const id of node.children ?? []) nodes.get(id).parent = node;
  const self = new Map();
  for (const [at, id] of profile.samples.entries())
    add(self, nodes.get(id), profile.timeDeltas[at] / requests);
  show(`CPU, microseconds per request (${workload} ${size}, ${subject})`, self);
}

async function heap(session, worker, requests) {
  await session.post('HeapProfiler.enable');
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 4096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await worker.run({ count: requests });
  const { profile } = await session.post('HeapProfiler.stopSampling');
  const self = new Map();
  const walk = (node, parent) => {
    node.parent = parent;
    add(self, node, node.selfSize / requests);
    for (const child of node.children) walk(child, node);
  };
  walk(profile.head, null);
  show(`Allocation, bytes per request (${workload} ${size}, ${subject})`, self);
}

function add(self, node, amount) {
  self.set(node, (self.get(node) ?? 0) + amount);
}

/** Prints sums by the nearest function of the package, with the functions of Node that it calls. */
function show(title, self) {
  const sums = new Map();
  for (const [node, amount] of self) {
    const owner = ownerOf(node);
    const sum = sums.get(owner) ?? { total: 0, own: 0, callees: new Map() };
    sums.set(owner, sum);
    sum.total += amount;
    if (nameOf(node) === owner) sum.own += amount;
    else sum.callees.set(nameOf(node), (sum.callees.get(nameOf(node)) ?? 0) + amount);
  }
  const sorted = [...sums].sort(([, one], [, other]) => other.total - one.total).slice(0, LINES);
  const rows = sorted.map(([name, { total, own, callees }]) => [
    name,
    number(total),
    number(own),
    [...callees]
      .sort(([, one], [, other]) => other - one)
      .slice(0, 4)
      .map(([callee, amount]) => `${callee} ${number(amount)}`)
      .join(', '),
  ]);
  console.log(`\n${table([title, 'total', 'itself', 'of the rest'], rows)}`);
}

function ownerOf(node) {
  for (let at = node; at; at = at.parent) {
    if (isOurs(at)) return nameOf(at);
  }
  const { functionName } = node.callFrame;
  return functionName.startsWith('(') ? functionName : 'the bare request';
}

function isOurs({ callFrame: { url } }) {
  return url.includes(build.folder) || url.includes('express-session/');
}

function nameOf({ callFrame: { functionName, url, lineNumber } }) {
  const file = url.replace(/^.*\/build-[^/]+\//, '').replace(/^.*node_modules\//, '');
  return `${functionName || '(anonymous)'} ${file}${url === '' ? '' : `:${lineNumber + 1}`}`;
}
