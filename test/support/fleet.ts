import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { ServerProcess, type Answer, type StorePlace } from './server-process.js';

/** Concurrent runs: enough for conflicts, few enough for two cores. */
const AT_ONCE = 20;
/** The longest time for which another process may still accept a session that `revokeEverything` has ended. */
export const WITHIN_MS = 1000;

/** Processes on one store. */
export class Fleet {
  #servers: readonly ServerProcess[] = [];
  /** The prefix or table of the store. */
  readonly name = `principals_${randomBytes(6).toString('hex')}`;

  at(n: number): ServerProcess {
    return this.#servers[n % this.#servers.length]!;
  }

  async start(kind: StorePlace['kind'], at: string, count = 4): Promise<void> {
    const place = { kind, at, name: this.name };
    this.#servers = await Promise.all(Array.from({ length: count }, () => ServerProcess.start(place)));
  }

  /** Logs a principal in, in a new session or in the one of a cookie. Returns the cookie. */
  async login(n: number, principal: string): Promise<string> {
    return (await succeeded(this.at(n).send(`/login?principal=${principal}`))).cookie!;
  }

  /** The principal that a process finds for a cookie. */
  async who(n: number, cookie: string | null): Promise<string | null> {
    const { body } = await succeeded(this.at(n).send('/who', { cookie }));
    return (JSON.parse(await body) as { principal: string | null }).principal;
  }

  /** How many of `count` copied sessions are live, and how long loading them took. */
  async live(n: number, count: number): Promise<{ live: number; duration: number }> {
    const { body } = await succeeded(this.at(n).send(`/live?count=${count}`));
    return JSON.parse(await body) as { live: number; duration: number };
  }

  /** Ends everything in one process. Returns the duration of the call there. Milliseconds. */
  async revokeEverything(n: number): Promise<number> {
    return Number(await (await succeeded(this.at(n).send('/revoke-everything'))).body);
  }
}

/** @throws Error for a status other than 200. */
export async function succeeded(sent: Promise<Answer>): Promise<Answer> {
  const answer = await sent;
  if (answer.status !== 200) throw new Error(`The status is ${answer.status}: ${await answer.body}`);
  return answer;
}

/** Runs `run` for each number below `count`, some concurrently. */
export async function concurrently(count: number, run: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
}

/** Resolves when a process refuses a cookie. Returns when the last accepted request was sent. */
export async function refused(fleet: Fleet, n: number, cookie: string): Promise<number> {
  for (let accepted = 0; ;) {
    const sentAt = performance.now();
    if ((await fleet.who(n, cookie)) === null) return accepted;
    accepted = sentAt;
  }
}
