import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { sessionHandle, type SessionKey } from '../../lib/core/session-id.js';
import { SECRET } from '../support/secret.js';
import { children, kill, needsBuild } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';

const WORKER = fileURLToPath(new URL('../fixtures/expiry-worker.mjs', import.meta.url));
const NODES = 5;
const SESSIONS = 1000;
/** How many sessions expire while a node dies. */
const FEWER = 500;
/** How many sessions one claim returns. */
const CLAIM = 100;

/** Stores that processes share: the kind of the worker, and its server. */
const SERVERS: readonly (readonly [kind: string, engine: EngineName])[] = [
  ['postgres', 'postgres'],
  ['mysql', 'mariadb'],
  ['redis-expired', 'redis'],
];
/** Stores of local files. */
const FILES: readonly string[] = ['lmdb', 'sqlite'];

/** The nodes serve all stores, one after another. */
let nodes: ChildProcess[] = [];

beforeAll(needsBuild);
afterAll(() => Promise.all(nodes.map(kill)));

for (const [kind, engine] of SERVERS)
  describeWithServer(engine, `the event expired on ${kind}, over ${NODES} nodes`, (url) => {
    reportsOnce(kind, () => url);
  });

for (const kind of FILES)
  describe(`the event expired on ${kind}, over ${NODES} nodes`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-session-expiry-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    reportsOnce(kind, () => join(folder, 'sessions'));
  });

function reportsOnce(kind: string, place: () => string): void {
  beforeAll(async () => {
    const open = { command: 'open', kind, at: place(), name: `expiry_${randomBytes(6).toString('hex')}` };
    const living = nodes.filter(({ signalCode }) => signalCode === null);
    const started = Array.from({ length: NODES - living.length }, start);
    nodes = [...living, ...(await Promise.all(started))];
    expect(await Promise.all(nodes.map((node) => ask(node, open)))).toEqual(nodes.map(() => 'open'));
  });

  it(`is emitted once for each of ${SESSIONS} sessions (S-67)`, async () => {
    const handles = await seeded(nodes[0]!, SESSIONS);
    const reported = await sweptBy(nodes);
    expect(reported.toSorted()).toEqual(handles.toSorted());
  });

  it('is emitted for no session twice if a node dies, and missing only for sessions that it had removed', async () => {
    const handles = new Set(await seeded(nodes[1]!, FEWER));
    const [dying, ...survivors] = nodes as [ChildProcess, ...ChildProcess[]];
    const died = once(dying, 'exit');
    dying.send({ command: 'sweep', dies: true });
    expect((await died)[1]).toBe('SIGKILL');
    const reported = await sweptBy(survivors);
    expect(reported.filter((handle) => !handles.has(handle))).toEqual([]);
    expect(new Set(reported).size).toBe(reported.length);
    expect(reported.length).toBeGreaterThanOrEqual(FEWER - CLAIM);
    expect(reported.length).toBeLessThan(FEWER);
  });
}

/** Creates expired sessions. Returns their handles. */
async function seeded(node: ChildProcess, count: number): Promise<string[]> {
  const keys = await ask<SessionKey[]>(node, { command: 'seed', count });
  return keys.map(sessionHandle);
}

/** Sweeps on all nodes until no session is left. Returns the handles of all events. */
async function sweptBy(nodes: readonly ChildProcess[]): Promise<string[]> {
  const began = nodes.map((node) => ask(node, { command: 'sweep' }));
  expect(await Promise.all(began)).toEqual(nodes.map(() => 'sweeping'));
  while (await ask<boolean>(nodes[0]!, { command: 'has-any' }));
  return (await Promise.all(nodes.map((node) => ask<string[]>(node, { command: 'stop' })))).flat();
}

async function start(): Promise<ChildProcess> {
  const node = fork(WORKER, [SECRET]);
  children.add(node);
  node.once('exit', () => children.delete(node));
  await once(node, 'message');
  return node;
}

/** Sends a message, and resolves with the next one of the process. */
async function ask<T>(node: ChildProcess, message: object): Promise<T> {
  const received = once(node, 'message');
  node.send(message);
  const [result] = (await received) as [T | { error: string }];
  if (typeof result === 'object' && result !== null && 'error' in result) throw new Error(result.error);
  return result;
}
