import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { children, kill, needsBuild } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';

const WORKER = fileURLToPath(new URL('../fixtures/login-worker.mjs', import.meta.url));
const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
const PROCESSES = 4;
const LOGINS = 50;
const MOST = 3;
/** Each round has another principal. */
const ROUNDS = 5;

/** Stores that processes share: the kind of the worker, and its server. */
const SERVERS: readonly (readonly [kind: string, engine: EngineName])[] = [
  ['postgres', 'postgres'],
  ['mysql', 'mariadb'],
];
/** Stores of local files. */
const FILES: readonly string[] = ['sqlite'];

/** The result of one login. */
interface Login {
  readonly key: string;
  readonly outcome: string;
  readonly evicted: readonly string[];
}

beforeAll(needsBuild);

for (const [kind, engine] of SERVERS)
  describeWithServer(engine, `the limit of sessions per principal on ${kind}, over processes`, (url) => {
    keepsLimit(kind, () => url);
  });

for (const kind of FILES)
  describe(`the limit of sessions per principal on ${kind}, over processes`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-session-limits-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    keepsLimit(kind, () => join(folder, 'sessions'));
  });

function keepsLimit(kind: string, place: () => string): void {
  let workers: readonly ChildProcess[];
  beforeAll(async () => {
    const name = `limits_${randomBytes(6).toString('hex')}`;
    workers = await Promise.all(Array.from({ length: PROCESSES }, () => start(kind, place(), name)));
  });
  afterAll(() => Promise.all(workers.map(kill)));

  it.each(MODES)(
    `leaves exactly ${MOST} sessions after ${LOGINS} concurrent logins in ${PROCESSES} processes with %s`,
    async (whenReached) => {
      for (let round = 0; round < ROUNDS; round++) {
        const principal = `${whenReached} ${round}`;
        const logins = await loginsOf(workers, { principal, most: MOST, whenReached });
        const live = await ask<string[]>(workers[round % PROCESSES]!, { command: 'list', principal });
        expect(logins).toHaveLength(LOGINS);
        expect(live).toHaveLength(MOST);
        const evicted = logins.flatMap((login) => login.evicted);
        const written = logins.filter(({ outcome }) => outcome !== 'limit').map(({ key }) => key);
        // Each session that was written is live, or exactly one login has removed it.
        expect([...live, ...evicted].sort()).toEqual([...written].sort());
        expect(written).toHaveLength(whenReached === 'reject' ? MOST : LOGINS);
      }
    },
  );
}

/** Logs in on all processes concurrently: none begins before all are prepared. */
async function loginsOf(workers: readonly ChildProcess[], message: object): Promise<Login[]> {
  const counts = workers.map((_, n) => Math.floor((LOGINS + n) / PROCESSES));
  const prepared = workers.map((worker, n) =>
    ask(worker, { command: 'login', count: counts[n], ...message }),
  );
  expect(await Promise.all(prepared)).toEqual(workers.map(() => 'prepared'));
  return (await Promise.all(workers.map((worker) => ask<Login[]>(worker, 'go')))).flat();
}

async function start(kind: string, at: string, name: string): Promise<ChildProcess> {
  const worker = fork(WORKER, [kind, at, name]);
  children.add(worker);
  worker.once('exit', () => children.delete(worker));
  await once(worker, 'message');
  return worker;
}

/** Sends a message, and resolves with the next one of the process. */
async function ask<T>(worker: ChildProcess, message: object | string): Promise<T> {
  const received = once(worker, 'message');
  worker.send(message);
  return ((await received) as [T])[0];
}
