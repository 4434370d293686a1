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

/** Limit of concurrent requests to one process. */
export const CONNECTIONS = 16;

/** The running processes. */
export const children = new Set<ChildProcess>();

/** @throws Error if the package is not built: the fixtures import it from dist. */
export function needsBuild(): void {
  if (existsSync(join(ROOT, 'dist/index.js'))) return;
  throw new Error('dist is missing, and these tests start processes that import it. Run: npm run build');
}

export interface Answer {
  readonly status: number;
  readonly cookie: string | null;
  readonly location: string | null;
  readonly body: Promise<string>;
}

/** The store of a process of `store-server.mjs`. */
export interface StorePlace {
  readonly kind: 'lmdb' | 'redis' | 'redis-cluster' | 'postgres' | 'mysql' | 'sqlite';
  /** A URL, or a path. */
  readonly at: string;
  /** Its prefix or table. */
  readonly name?: string;
  /** With a named session for each kind of limit. */
  readonly isLimited?: boolean;
}

/** An attribute to set; in a new session if `cookie` is `null`. */
export interface Write {
  readonly cookie: string | null;
  readonly name: string;
  readonly value: string;
}

/** A server process with sessions, and requests to it. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  private constructor(child: ChildProcess, port: string) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start({ kind, at, name = '', isLimited = false }: StorePlace): Promise<ServerProcess> {
    const child = startFixture('store-server.mjs', kind, at, name, ...(isLimited ? ['limited'] : []));
    for await (const port of createInterface(child.stdout!)) return new ServerProcess(child, port);
    throw new Error('The server process ended before it listened.');
  }

  /** Resolves when the headers of the response are received. */
  async send(path: string, { cookie }: { cookie?: string | null } = {}): Promise<Answer> {
    return (await this.hold(path, cookie ?? null, 'sent')).finish();
  }

  /** Sets an attribute, in a new session without a cookie. Returns the cookie of the session. */
  async write({ cookie, name, value }: Write): Promise<string> {
    const response = await this.send(`/set?name=${name}&value=${value}`, { cookie });
    if (response.status !== 200)
      throw new Error(
        `The response to a write has the status ${response.status}, expected 200: ${await response.body}`,
      );
    return (response.cookie ?? cookie)!;
  }

  async read(cookie: string | null): Promise<{ isNew: boolean; attributes: Record<string, unknown> }> {
    const { body } = await this.send('/all', { cookie });
    return JSON.parse(await body) as { isNew: boolean; attributes: Record<string, unknown> };
  }

  /** Sends a request without its end. Resolves when the server reports that the request has its session. */
  async hold(
    path: string,
    cookie: string | null,
    until?: 'sent',
  ): Promise<{ finish: () => Promise<Answer> }> {
    const sent = request(this.url + path, {
      method: 'POST',
      agent: this.#agent,
      headers: cookie === null ? {} : { cookie },
    });
    const response = once(sent, 'response').then(([response]) => readAnswer(response as never));
    // The caller awaits the response later: until then a rejection must not count as unhandled.
    response.catch(() => undefined);
    if (until === undefined) {
      sent.flushHeaders();
      await Promise.race([once(sent, 'continue'), response]);
    }
    return {
      finish: () => {
        sent.end();
        return response;
      },
    };
  }
}

function readAnswer(response: IncomingMessage): Answer {
  const [setCookie] = response.headers['set-cookie'] ?? [];
  const body = text(response);
  // Cut off by a kill. Only some callers read the body.
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

/** Sends SIGKILL, and resolves when the process has ended. */
export async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGKILL')) return;
  await ended;
}
