import { FASTIFY, HEAP_BYTES, MEMORY, MIDDLEWARE, TRIPS } from '../lib/targets.mjs';
import { number, table } from '../lib/terminal.mjs';
import { WORKLOADS } from '../middleware/workloads.mjs';

const OURS = 'nest-session/http';
const PEER = 'express-session';

/** The tables of docs/performance.md, with a column for each version of Node. */
export function tablesOf(runs) {
  return {
    targets: targets(runs),
    floor: floor(runs),
    overhead: overhead(runs),
    servers: servers(runs),
    stores: stores(runs.at(-1)),
  };
}

const nodeOf = ({ machine }) => `Node ${machine.node.slice(1)}`;

function targets(runs) {
  const rows = [
    ...Object.entries(MIDDLEWARE).map(([name, limit]) =>
      targetRow(runs, `${name}: ${titleOf(name)}, to express-session`, limit, ({ middleware }) =>
        ratio(middleware.cpu[name]?.over, OURS, PEER),
      ),
    ),
    targetRow(
      runs,
      'W1 s: heap allocated over no session, bytes',
      HEAP_BYTES,
      ({ middleware }) => middleware.heap[OURS],
    ),
    ...Object.keys(runs[0].sections.servers.fastify).map((name) =>
      targetRow(runs, `${name} on Nest with Fastify, to @fastify/session`, FASTIFY, ({ servers }) =>
        ratio(servers.fastify[name]?.over, 'nest-session', '@fastify/session'),
      ),
    ),
    targetRow(runs, 'round trips: a read', TRIPS.read, mostTrips('read')),
    targetRow(runs, 'round trips: a write', TRIPS.write, mostTrips('change')),
    targetRow(runs, 'memory store: bytes per session over its data', MEMORY.bytes, inMemory('bytes')),
    targetRow(
      runs,
      'memory store: a collection at 1 000 000 sessions, to express-session',
      MEMORY.collection,
      ({ memory }) => memory['1000000']['nest-session'].collectionMs / memory['1000000'][PEER].collectionMs,
    ),
    targetRow(runs, 'memory store: expired sessions are gone, ms', MEMORY.sweepMs, inMemory('sweepMs')),
  ];
  return table(['', 'target', ...runs.map(nodeOf)], rows);
}

const titleOf = (name) => WORKLOADS[name.split(' ')[0]].title;
const inMemory =
  (figure) =>
  ({ memory }) =>
    Object.values(memory).at(-1)['nest-session'][figure];
const mostTrips =
  (operation) =>
  ({ stores }) =>
    Math.max(
      ...Object.entries(stores.s)
        .filter(([subject]) => subject.startsWith('nest-session'))
        .map(([, figures]) => figures[operation].trips),
    );

function targetRow(runs, title, limit, figureOf) {
  const cells = runs.map(({ sections }) => {
    const value = figureOf(sections);
    if (!Number.isFinite(value)) return '-';
    return value <= limit ? `**${number(value)}**` : number(value);
  });
  return [title, `${limit}`, ...cells];
}

const ratio = (over, one, other) => (over === undefined ? undefined : over[one].us / over[other].us);

function floor(runs) {
  const [{ sections }] = runs;
  const rows = Object.keys(sections.floor).map((name) => [
    name,
    ...runs.flatMap((run) => {
      const { peer, here, both } = run.sections.floor[name];
      return [peer ?? both ?? '-', here ?? both];
    }),
  ]);
  return table(['ns of CPU', ...runs.flatMap((run) => [`${nodeOf(run)}: express-session`, 'here'])], rows);
}

/** Every subject of the newest run, over no session. The last column is without Express's change of prototypes. */
function overhead(runs) {
  const run = runs.at(-1);
  const { cpu, plain } = run.sections.middleware;
  const subjects = [PEER, 'cookie-session', 'iron-session', OURS, 'nest-session/express'];
  const rows = Object.entries(cpu).map(([name, { bareUs, over }]) => [
    name,
    number(bareUs),
    ...subjects.map((subject) => (over[subject] ? number(over[subject].us) : '-')),
    number(ratio(over, OURS, PEER)),
    plain?.[name] ? number(ratio(plain[name].over, OURS, PEER)) : '-',
  ]);
  return table([`${nodeOf(run)}, µs`, 'no session', ...subjects, 'ratio', 'ratio on plain node:http'], rows);
}

function servers(runs) {
  const rows = ['express', 'fastify'].flatMap((platform) =>
    Object.keys(runs[0].sections.servers[platform]).map((name) => [
      `${platform} ${name}`,
      ...runs.flatMap(({ sections }) => {
        const { bareUs, over } = sections.servers[platform][name];
        const peer = Object.keys(over).find((subject) => subject !== 'nest-session');
        return [number(bareUs), number(over[peer].us), number(over['nest-session'].us)];
      }),
    ]),
  );
  return table(
    ['µs', ...runs.flatMap((run) => [`${nodeOf(run)}: no session`, 'peer', 'nest-session'])],
    rows,
  );
}

function stores(run) {
  const rows = Object.entries(run.sections.stores.s).flatMap(([subject, operations]) =>
    ['read', 'change'].map((operation) => {
      const { trips, inFlight1: one, inFlight32: many } = operations[operation];
      const cells = [one.cpuUs, one.latencyUs, many.cpuUs, many.latencyUs].map(number);
      return [`${subject}: ${operation}`, trips, ...cells];
    }),
  );
  const head = ['round trips', 'CPU, 1 in flight', 'latency, 1', 'CPU, 32 in flight', 'latency, 32'];
  return table([`${nodeOf(run)}, µs`, ...head], rows);
}
