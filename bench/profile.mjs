/**
 * Where time and memory go: `node bench/profile.mjs W1 s` (a workload and a size, and a subject, by default
 * nest-session/http). What Node does for a function of the package is counted as that function's.
 */
import { Session } from 'node:inspector/promises';
import { copyBuild, installPeers } from './lib/prepare.mjs';
import { number, table } from './lib/terminal.mjs';

const [workload = 'W1', size = 's', subject = 'nest-session/http', count = '20000'] = process.argv.slice(2);
const LINES = 25;

installPeers();
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

/** Sums by the nearest function that is ours; below each, what of it went on in Node. */
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
