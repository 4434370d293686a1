import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { redisCommand } from './redis-command.mjs';
import { redisEngine } from './redis.mjs';
import { startServerProcess } from './server-process.mjs';

const WITHIN_MS = 30_000;
const SLOTS = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
];

/**
 * Starts a Redis Cluster of its own: three masters that share all slots, no replicas. `nodes` are its servers, one by one;
 * what is done to the cluster is done to each. `url`, `port` and `pid` are those of the first.
 */
export async function startRedisCluster({ durable = false } = {}) {
  const started = await Promise.allSettled(SLOTS.map(() => startNode(durable)));
  const nodes = started.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  const onEach = (what) => async () => void (await Promise.all(nodes.map((node) => node[what]())));
  try {
    for (const { status, reason } of started) if (status === 'rejected') throw reason;
    await meet(nodes);
  } catch (error) {
    await onEach('stop')();
    throw error;
  }
  return {
    url: nodes[0].url,
    port: nodes[0].port,
    get pid() {
      return nodes[0].pid;
    },
    nodes,
    stop: onEach('stop'),
    kill: onEach('kill'),
    pause: onEach('pause'),
    resume: onEach('resume'),
    restart: async () => {
      await onEach('restart')();
      await untilWhole(nodes);
    },
  };
}

/** The port on which nodes talk with one another is chosen too: the usual one, 10000 higher, may not exist. */
async function startNode(durable) {
  const busPort = await freePort();
  const extra = [
    '--cluster-enabled',
    'yes',
    '--cluster-config-file',
    'nodes.conf',
    '--cluster-port',
    busPort,
  ];
  const node = await startServerProcess({ ...redisEngine({ durable, extra }), name: 'redis-cluster' });
  return Object.assign(node, { busPort });
}

async function meet(nodes) {
  for (const [index, [first, last]] of SLOTS.entries()) {
    const { port } = nodes[index];
    await redisCommand(port, 'CLUSTER', 'ADDSLOTSRANGE', first, last);
    // Different from the start, or the nodes must first find out that they are not.
    await redisCommand(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  // Each is told of each: what they would learn from one another takes them seconds.
  for (const { port } of nodes) {
    for (const other of nodes) {
      if (other.port !== port)
        await redisCommand(port, 'CLUSTER', 'MEET', '127.0.0.1', other.port, other.busPort);
    }
  }
  await untilWhole(nodes);
}

async function untilWhole(nodes) {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const infos = await Promise.all(nodes.map(({ port }) => redisCommand(port, 'CLUSTER', 'INFO')));
    if (infos.every(isWhole)) return;
    if (Date.now() > deadline) {
      throw new Error(`redis-cluster was not whole after ${WITHIN_MS} ms. Its first node says:\n${infos[0]}`);
    }
    await sleep(50);
  }
}

const isWhole = (info) =>
  info.includes('cluster_state:ok') &&
  info.includes('cluster_slots_ok:16384') &&
  info.includes(`cluster_known_nodes:${SLOTS.length}\r\n`);
