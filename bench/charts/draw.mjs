import { mkdirSync, writeFileSync } from 'node:fs';
import { bars } from './bars.mjs';
import { growthLines } from './growth-lines.mjs';

const FOLDER = new URL('../../docs/charts/', import.meta.url);
const OURS = 'nest-session/http';

/** Writes a picture for each thing that was measured; answers the names of the files. */
export function drawCharts({ sections }) {
  mkdirSync(FOLDER, { recursive: true });
  const files = {
    ...(sections.middleware && middlewareCharts(sections.middleware)),
    ...(sections.servers && serversCharts(sections.servers)),
    ...(sections.stores && storesCharts(sections.stores)),
    ...(sections.memory && memoryCharts(sections.memory)),
    ...(sections.growth && growthCharts(sections.growth)),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(new URL(name, FOLDER), content);
  return Object.keys(files);
}

const WORDS = {
  W1: 'a session is read',
  W1u: 'the route never looks at it',
  W2: 'a session is changed',
  W3: 'no cookie, no session',
  W4: 'a new session (login)',
  W5: 'the expiry is moved each time',
};

function middlewareCharts({ cpu }) {
  const chart = (size, words, shown) =>
    bars({
      title: `CPU that the session adds to a request (${words})`,
      unit: 'µs',
      groups: Object.entries(cpu)
        .filter(([name]) => name.endsWith(` ${size}`))
        .map(([name, { over }]) => ({
          name: WORDS[name.split(' ')[0]],
          bars: shown.map((subject) => ({
            name: subject,
            value: over[subject].us,
            isOurs: subject === OURS,
          })),
        })),
    });
  return {
    'overhead.svg': chart('s', '60 bytes', ['express-session', 'cookie-session', OURS]),
    'overhead-large.svg': chart('l', '64 KB, of which the route needs little', ['express-session', OURS]),
  };
}

function serversCharts(platforms) {
  const groupsOf = ([platform, cases]) =>
    ['W1 s', 'W1u s', 'W2 s', 'W3 s', 'W4 s'].map((name) => ({
      name: `${platform === 'express' ? 'Express' : 'Fastify'}: ${WORDS[name.split(' ')[0]]}`,
      bars: Object.entries(cases[name].over).map(([subject, { us }]) => ({
        name: subject,
        value: us,
        base: cases[name].bareUs,
        isOurs: subject === 'nest-session',
      })),
    }));
  return Object.fromEntries(
    Object.entries(platforms).map((platform) => [
      `servers-${platform[0]}.svg`,
      bars({
        title: 'CPU of a whole Nest server per request: the framework (light), and what the session adds',
        unit: 'µs',
        groups: groupsOf(platform),
      }),
    ]),
  );
}

/** The peer that each of ours is compared with is its neighbour: the same driver. */
const PAIRS = {
  redis: ['connect-redis', 'nest-session, redis'],
  postgres: ['connect-pg-simple', 'nest-session, postgres'],
};

function storesCharts({ s }) {
  const groups = Object.entries(PAIRS)
    .filter(([, pair]) => pair.every((subject) => s[subject]))
    .flatMap(([engine, pair]) =>
      ['read', 'change'].map((operation) => ({
        name: `${engine === 'redis' ? 'Redis' : 'PostgreSQL'}: a session is ${operation === 'read' ? 'read' : 'changed'}`,
        bars: pair.map((name) => ({
          name,
          value: s[name][operation].inFlight32.cpuUs,
          isOurs: name.startsWith('nest-session'),
        })),
      })),
    );
  if (groups.length === 0) return {};
  return {
    'stores.svg': bars({
      title: 'CPU of the client for a session in a store, 32 at once',
      groups,
    }),
  };
}

function memoryCharts(counts) {
  const [sessions, subjects] = Object.entries(counts).at(-1);
  const group = (name, figure) => ({
    name,
    bars: Object.entries(subjects).map(([subject, figures]) => ({
      name: subject,
      value: figures[figure],
      isOurs: subject === 'nest-session',
    })),
  });
  const words = `${Number(sessions).toLocaleString('en')} sessions in memory`;
  return {
    'memory-bytes.svg': bars({
      title: words,
      unit: 'bytes',
      groups: [group('bytes for each, over its data', 'bytes')],
    }),
    'memory-collection.svg': bars({
      title: words,
      unit: 'ms',
      groups: [group('a full collection of garbage', 'collectionMs')],
    }),
  };
}

function growthCharts({ read, changed, sessions }) {
  const line = (points, subject, name) => ({
    name,
    isOurs: subject === OURS,
    points: Object.entries(points).map(([at, costs]) => [Number(at), costs[subject]]),
  });
  const pair = (points) => [
    line(points, 'express-session', 'express-session'),
    line(points, OURS, 'nest-session'),
  ];
  const size = (bytes) =>
    bytes < 1024 ? `${bytes} B` : bytes < 2 ** 20 ? `${bytes / 1024} KB` : `${bytes / 2 ** 20} MB`;
  const bySize = { below: 'size of the session', nameOf: size };
  const byNumber = {
    below: "other visitors' sessions in the store",
    nameOf: (at) => at.toLocaleString('en'),
  };
  const adds = 'CPU that the session adds';
  return {
    'growth-read.svg': growthLines({
      ...bySize,
      title: `${adds}: a small attribute is read`,
      lines: pair(read),
    }),
    'growth-changed.svg': growthLines({
      ...bySize,
      title: `${adds}: a small attribute is changed`,
      lines: pair(changed),
    }),
    'growth-sessions.svg': growthLines({
      ...byNumber,
      title: `${adds}: a session is read`,
      lines: pair(sessions),
    }),
  };
}
