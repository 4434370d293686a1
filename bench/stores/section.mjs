import { Child } from '../lib/child.mjs';
import { median, round, uncertainty } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';
import { ENGINES } from '../../scripts/servers/engines.mjs';
import { startServers } from '../../scripts/servers/start-servers.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
const FLAGS = ['--single-threaded-gc'];
/** Number of rounds after which the code is compiled. */
const WARM_UP_ROUNDS = 30;
const OPERATIONS = ['read', 'touch', 'change'];

/** The variable of the server that each subject needs. `null` for embedded stores. */
const SUBJECTS = {
  'nest-session, redis': 'TEST_REDIS_URL',
  'nest-session, redis by url': 'TEST_REDIS_URL',
  'nest-session, ioredis': 'TEST_REDIS_URL',
  'connect-redis': 'TEST_REDIS_URL',
  'nest-session, postgres': 'TEST_POSTGRES_URL',
  'connect-pg-simple': 'TEST_POSTGRES_URL',
  'nest-session, mysql': 'TEST_MYSQL_URL',
  'nest-session, sqlite': null,
  'nest-session, lmdb': null,
};

/** Cost of store calls: round trips, CPU of the client, and latency, with 1 and with 32 calls in flight. */
export async function stores({ quick, rounds, env }) {
  const wanted = new Set(Object.values(SUBJECTS));
  progress('stores: starting servers');
  const servers = await startServers(ENGINES.filter(({ variable }) => wanted.has(variable)));
  const children = {};
  try {
    for (const [subject, variable] of Object.entries(SUBJECTS)) {
      if (variable !== null && servers.urls[variable] === undefined) continue;
      children[subject] = new Child(WORKER, { execArgv: FLAGS, env });
      await children[subject].ask('open', { subject, urls: servers.urls });
    }
    const results = {};
    for (const size of quick ? ['s'] : ['s', 'l']) {
      results[size] = await ofSize(size, { children, rounds: rounds ?? (quick ? 3 : 15) });
    }
    for (const child of Object.values(children)) await child.ask('close');
    return results;
  } finally {
    await Promise.all(Object.values(children).map((child) => child.end()));
    await servers.stop();
  }
}

async function ofSize(size, { children, rounds }) {
  const results = {};
  for (const [subject, child] of Object.entries(children)) {
    await child.ask('fill', { size });
    results[subject] = {};
  }
  for (const operation of OPERATIONS) {
    for (const inFlight of [1, 32]) {
      progress(`stores: ${operation}, size ${size}, ${inFlight} in flight`);
      const measured = await measure({ operation, size, inFlight, children, rounds });
      for (const [subject, figures] of Object.entries(measured)) {
        results[subject][operation] ??= { trips: await children[subject].ask('trips', { operation }) };
        results[subject][operation][`inFlight${inFlight}`] = figures;
      }
    }
  }
  return results;
}

/** Measures the subjects in interleaved rounds. */
async function measure({ operation, size, inFlight, children, rounds }) {
  const series = {};
  for (const [subject, child] of Object.entries(children)) {
    if ((await child.ask('trips', { operation })) !== null) series[subject] = [];
  }
  const calls = inFlight === 1 ? 60 : 10;
  // Calls with large sessions are slow, so fewer of them are made.
  const options = { operation, inFlight, count: size === 's' ? calls : Math.ceil(calls / 4) };
  for (const subject of Object.keys(series))
    for (let at = 0; at < WARM_UP_ROUNDS; at++) await children[subject].ask('round', options);
  for (let at = 0; at < rounds; at++) {
    for (const subject of Object.keys(series)) {
      const { value } = await children[subject].ask('round', options);
      series[subject].push(value);
    }
  }
  return Object.fromEntries(Object.entries(series).map(([subject, values]) => [subject, figuresOf(values)]));
}

function figuresOf(values) {
  const [cpu, latency] = ['cpu', 'latency'].map((figure) => values.map((value) => value[figure]));
  return {
    cpuUs: round(median(cpu)),
    plusMinus: round(uncertainty(cpu)),
    latencyUs: round(median(latency)),
  };
}
