import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { RedisSessionStore } from 'nest-session/redis';
import type { SessionKey } from '../../lib/core/session-id.js';
import { children, kill, needsBuild } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';

const WORKER = fileURLToPath(new URL('../fixtures/redis-login-worker.mjs', import.meta.url));
const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
const LOGINS = 50;
const PROCESSES = 4;
const MOST = 3;
const ROUNDS = 5;

/** The result of one login. */
interface Login {
  readonly key: SessionKey;
  readonly outcome: string;
  readonly evicted: readonly SessionKey[];
}

beforeAll(needsBuild);

for (const [engine, kind] of [
  ['redis', 'single'],
  ['redis-cluster', 'cluster'],
] as const)
  describeWithServer(engine, `${LOGINS} concurrent logins over ${PROCESSES} processes, ${kind}`, (url) => {
    let held: TestClient;
    let store: RedisSessionStore;
    let workers: readonly ChildProcess[];
    beforeAll(async () => {
      const prefix = newPrefix();
      held = await FAMILIES[0][1][kind](url);
      store = new RedisSessionStore({ client: held.client, prefix });
      workers = await Promise.all(Array.from({ length: PROCESSES }, () => start(kind, url, prefix)));
    });
    afterAll(async () => {
      await Promise.all(workers.map(kill));
      await held.close();
    });

    it.each(MODES)(`leave exactly ${MOST} live sessions with %s`, async (whenReached) => {
      for (let round = 0; round < ROUNDS; round++) {
        const principal = `${whenReached} ${round}`;
        const logins = await loginsOf(workers, { principal, most: MOST, whenReached });
        const loaded = await Promise.all(logins.map(({ key }) => store.load(key, 'default')));
        const live = logins.filter((_, n) => loaded[n] !== null).map(({ key }) => key);
        expect(live).toHaveLength(MOST);
        const listed = await store.listByPrincipal(principal, Date.now(), 100);
        expect(listed.map(({ key }) => key).sort()).toEqual([...live].sort());
        const written = logins.filter(({ outcome }) => outcome !== 'limit').map(({ key }) => key);
        const evicted = logins.flatMap((login) => login.evicted);
        // Each session that was written is live, or exactly one login has removed it.
        expect([...live, ...evicted].sort()).toEqual([...written].sort());
        expect(written).toHaveLength(whenReached === 'reject' ? MOST : LOGINS);
      }
    });
  });

/** Logs in on all processes concurrently: none begins before all are prepared. */
async function loginsOf(workers: readonly ChildProcess[], message: object): Promise<Login[]> {
  const counts = workers.map((_, n) => Math.floor((LOGINS + n) / PROCESSES));
  await Promise.all(workers.map((worker, n) => ask(worker, { ...message, count: counts[n] })));
  return (await Promise.all(workers.map((worker) => ask<Login[]>(worker, 'go')))).flat();
}

async function start(...args: string[]): Promise<ChildProcess> {
  const worker = fork(WORKER, args);
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
