import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { SECRET } from './secret.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Most requests of one test at once to one process. */
export const CONNECTIONS = 16;

/** The processes that run. */
export const children = new Set<ChildProcess>();

/** The fixtures import the package as it is built. */
export function needsBuild(): void {
  if (existsSync(join(ROOT, 'dist/index.js'))) return;
  throw new Error(
    'These tests start processes that import the built package, and dist is missing: npm run build',
  );
}

export interface Answer {
  readonly status: number;
  readonly cookie: string | null;
  readonly location: string | null;
  readonly body: Promise<string>;
}

/** Where a process of `store-server.mjs` keeps its sessions. */
export interface StorePlace {
  readonly kind: 'lmdb' | 'redis' | 'postgres' | 'mysql' | 'sqlite';
  /** A URL, or a path. */
  readonly at: string;
  /** A prefix or a table of its own. */
  readonly name?: string;
}

/** An attribute to be set, in a new session where there is no cookie. */
export interface Write {
  readonly cookie: string | null;
  readonly name: string;
  readonly value: string;
}

/** A process that serves sessions, and the requests to it. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  private constructor(child: ChildProcess, port: string) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start({ kind, at, name = '' }: StorePlace): Promise<ServerProcess> {
    const child = startFixture('store-server.mjs', kind, at, name);
    for await (const port of createInterface(child.stdout!)) return new ServerProcess(child, port);
    throw new Error('The server process ended before it listened.');
  }

  /** Resolves as soon as the headers of the answer are here. */
  async send(path: string, { cookie }: { cookie?: string | null } = {}): Promise<Answer> {
    return (await this.hold(path, cookie ?? null, 'at once')).finish();
  }

  /** Sets an attribute, of a new session where there is no cookie; answers the cookie of the session. */
  async write({ cookie, name, value }: Write): Promise<string> {
    const answer = await this.send(`/set?name=${name}&value=${value}`, { cookie });
    if (answer.status !== 200)
      throw new Error(`a write was answered with ${answer.status}: ${await answer.body}`);
    return (answer.cookie ?? cookie)!;
  }

  async read(cookie: string | null): Promise<{ isNew: boolean; attributes: Record<string, unknown> }> {
    const { body } = await this.send('/all', { cookie });
    return JSON.parse(await body) as { isNew: boolean; attributes: Record<string, unknown> };
  }

  /** Sends all but the end of a request; resolves when the server says that it holds its session. */
  async hold(
    path: string,
    cookie: string | null,
    until?: 'at once',
  ): Promise<{ finish: () => Promise<Answer> }> {
    const sent = request(this.url + path, {
      method: 'POST',
      agent: this.#agent,
      headers: cookie === null ? {} : { cookie },
    });
    const answer = once(sent, 'response').then(([response]) => readAnswer(response as never));
    // Whoever holds a request asks for its answer later; until then a failure is not unheard.
    answer.catch(() => undefined);
    if (until === undefined) {
      sent.flushHeaders();
      await Promise.race([once(sent, 'continue'), answer]);
    }
    return {
      finish: () => {
        sent.end();
        return answer;
      },
    };
  }
}

function readAnswer(response: IncomingMessage): Answer {
  const [setCookie] = response.headers['set-cookie'] ?? [];
  const body = text(response);
  // Cut off by a kill, and only looked at by who needs it.
  body.catch(() => undefined);
  return {
    status: response.statusCode!,
    cookie: setCookie?.split(';', 1)[0] ?? null,
    location: response.headers.location ?? null,
    body,
  };
}

/** Starts a fixture with arguments; the secret comes last. */
export function startFixture(fixture: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(ROOT, 'test/fixtures', fixture), ...args, SECRET], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** `kill -9`, and waits for the end. */
export async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGKILL')) return;
  await ended;
}
