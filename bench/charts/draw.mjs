import { mkdirSync, writeFileSync } from 'node:fs';
import { bars } from './bars.mjs';
import { growthLines } from './growth-lines.mjs';

const PUBLISHED = new URL('../../docs/charts/', import.meta.url);
const OURS = 'nest-session/http';
const PEER = 'express-session';

/** Writes the pictures of each section that was measured. Returns the names of the files. */
export function drawCharts({ machine, sections }, folder = PUBLISHED) {
  const where = `Node ${machine.node.slice(1)}`;
  const files = {
    ...(sections.middleware && middlewareCharts(sections.middleware, where)),
    ...(sections.servers && serversCharts(sections.servers, where)),
    ...(sections.stores && storesCharts(sections.stores, where)),
    ...(sections.memory && memoryCharts(sections.memory, where)),
    ...(sections.growth && growthCharts(sections.growth, where)),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(new URL(name, folder), content);
  return Object.keys(files);
}

const WORDS = {
  'W1 s': 'A session is read',
  'W1u s': 'A session exists, the route does not use it',
  'W2 s': 'A session is changed',
  'W3 s': 'No cookie, no session',
  'W4 s': 'A new session (login)',
  'W5 s': 'Each request extends the expiry',
};

/** A case as a group of bars. Cases that a run has left out are missing. */
const groupsOf = (cases, barsOf) =>
  Object.entries(WORDS)
    .filter(([name]) => cases[name])
    .map(([name, words]) => ({ name: words, bars: barsOf(cases[name]) }));

function middlewareCharts({ cpu }, where) {
  const groups = groupsOf(cpu, ({ over }) =>
    [PEER, OURS].map((name) => ({ name, value: over[name].us, isOurs: name === OURS })),
  );
  return {
    'overhead.svg': bars({
      title: 'What the session middleware adds to a request',
      subtitle: `CPU in µs; requests as Express prepares them; sessions of 60 bytes; ${where}; shorter is better`,
      panels: [{ unit: 'µs', groups }],
    }),
  };
}

function serversCharts(platforms, where) {
  const chart = ([platform, cases]) => {
    const title = platform === 'express' ? 'Express' : 'Fastify';
    const groups = groupsOf(cases, ({ over, bareUs }) =>
      Object.entries(over).map(([name, { us }]) => ({
        name,
        value: us,
        base: bareUs,
        isOurs: name === 'nest-session',
      })),
    );
    const picture = bars({
      title: `A request to a Nest server on ${title}`,
      subtitle: `CPU in µs that sessions add; sessions of 60 bytes; ${where}; shorter is better`,
      panels: [{ unit: 'µs', groups }],
      baseName: 'the server without sessions',
    });
    return [`servers-${platform}.svg`, picture];
  };
  return Object.fromEntries(Object.entries(platforms).map(chart));
}

/** Each of our stores, and before it the store of express-session that uses the same driver. */
const PAIRS = {
  Redis: ['connect-redis', 'nest-session, redis'],
  PostgreSQL: ['connect-pg-simple', 'nest-session, postgres'],
};
const OPERATIONS = { read: 'a session is read', change: 'a session is changed' };

function storesCharts({ s }, where) {
  const pairs = Object.entries(PAIRS).filter(([, pair]) => pair.every((subject) => s[subject]));
  if (pairs.length === 0) return {};
  const panel = (measure, figure) => ({
    unit: 'µs',
    groups: pairs.flatMap(([engine, pair]) =>
      Object.entries(OPERATIONS).map(([operation, words]) => ({
        name: `${measure}: ${engine}, ${words}`,
        bars: pair.map((name) => ({
          name: name.replace(/,.*/, ''),
          value: s[name][operation].inFlight32[figure],
          isOurs: name.startsWith('nest-session'),
        })),
      })),
    ),
  });
  return {
    'stores.svg': bars({
      title: 'What a store costs',
      subtitle: `32 concurrent calls; sessions of 60 bytes; one scale for CPU, one for latency; ${where}; shorter is better`,
      panels: [panel('CPU of the client', 'cpuUs'), panel('Latency', 'latencyUs')],
    }),
  };
}

function memoryCharts(counts, where) {
  const [sessions, subjects] = Object.entries(counts).at(-1);
  const panel = (name, figure, unit) => ({
    unit,
    groups: [
      {
        name,
        bars: Object.entries(subjects).map(([subject, figures]) => ({
          name: subject,
          value: figures[figure],
          isOurs: subject === 'nest-session',
        })),
      },
    ],
  });
  return {
    'memory.svg': bars({
      title: `${Number(sessions).toLocaleString('en')} sessions in memory`,
      subtitle: `160 bytes of data each; ${where}; shorter is better; ratios: to the store of express-session`,
      panels: [
        panel('Memory per session, without its data', 'bytes', 'bytes'),
        panel('Pause of the process for a full garbage collection', 'collectionMs', 'ms'),
      ],
    }),
  };
}

function growthCharts({ read, changed }, where) {
  const chart = (words, points) =>
    growthLines({
      title: `A growing session of which a small attribute is ${words}`,
      subtitle: `CPU that the session adds to a request; both axes are logarithmic; ${where}; lower is better`,
      below: 'size of the session: one large attribute and small ones',
      nameOf: sizeOf,
      lines: [lineOf(points, PEER), lineOf(points, OURS)],
    });
  return { 'growth-read.svg': chart('read', read), 'growth-changed.svg': chart('changed', changed) };
}

const lineOf = (points, name) => ({
  name,
  isOurs: name === OURS,
  points: Object.entries(points).map(([at, costs]) => [Number(at), costs[name]]),
});

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${bytes / 1024} KB` : `${bytes / 2 ** 20} MB`;
}
