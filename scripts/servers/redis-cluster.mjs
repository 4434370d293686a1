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
 * Starts a private Redis Cluster on 127.0.0.1: three masters that share all slots, no replicas. `nodes` are
 * its servers. Each method applies to all nodes. `url`, `port` and `pid` are those of the first node.
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

/** Also chooses the port of the cluster bus: the default, 10000 above the port of the node, may not exist. */
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
    // Give each node a different epoch. With equal epochs, the nodes must resolve a conflict first.
    await redisCommand(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  // Introduce every node to every other node. Discovery by gossip takes seconds.
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
      throw new Error(`redis-cluster was not ready after ${WITHIN_MS} ms. CLUSTER INFO:\n${infos[0]}`);
    }
    await sleep(50);
  }
}

const isWhole = (info) =>
  info.includes('cluster_state:ok') &&
  info.includes('cluster_slots_ok:16384') &&
  info.includes(`cluster_known_nodes:${SLOTS.length}\r\n`);
