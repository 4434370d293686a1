import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequest } from 'node-mocks-http';
import { session } from 'nest-session/express';
import { MemorySessionStore, sessionMiddleware, type SessionStore } from 'nest-session/http';
import { RedisSessionStore } from 'nest-session/redis';
import { createClient } from 'redis';
import { SECRET } from './secret.js';

/** A session middleware that accepts any object as a response. */
export type AnyMiddleware = (req: IncomingMessage, res: object, next: (error?: unknown) => void) => void;
/** A session of either entry point. */
export type EntrySession = Record<string, unknown> & {
  save(callback?: (error?: unknown) => void): unknown;
  regenerate(callback?: (error?: unknown) => void): unknown;
};
export type EntryRequest = IncomingMessage & { session?: EntrySession | null };

export interface EntryOptions {
  readonly rolling?: boolean;
}

/** The two entry points without Nest, for `describe.each`. */
export const ENTRIES = [
  ['nest-session/http', 'http'],
  ['nest-session/express', 'express'],
] as const;
export type Entry = (typeof ENTRIES)[number][1];

/** A store. `mount` creates a middleware with it. */
export interface EntryStore {
  readonly mount: (options?: EntryOptions) => AnyMiddleware;
  readonly close: () => Promise<void>;
}

/** With a memory store, or with `given`. */
export function memoryStoreOf(entry: Entry, given?: object): EntryStore {
  const store = given ?? (entry === 'http' ? new MemorySessionStore() : new session.MemoryStore());
  return { mount: (options) => middlewareOf(entry, store, options), close: async () => undefined };
}

export async function redisStoreOf(entry: Entry, url: string): Promise<EntryStore> {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  const prefix = `test-${randomUUID()}:`;
  const store = entry === 'http' ? new RedisSessionStore({ client, prefix }) : new TextStore(client, prefix);
  return { mount: (options) => middlewareOf(entry, store, options), close: () => client.close() };
}

export function middlewareOf(entry: Entry, store: object, { rolling = false } = {}): AnyMiddleware {
  if (entry === 'http') return sessionMiddleware({ secret: SECRET, store: store as SessionStore, rolling });
  const options = { secret: SECRET, store: store as never, resave: false, saveUninitialized: false, rolling };
  return session(options) as AnyMiddleware;
}

/** Calls `save()`. Resolves with `'saved'` or the code of the error. */
export async function save(entry: Entry, held: EntrySession): Promise<unknown> {
  try {
    if (entry === 'http') await held.save();
    else {
      const error = await new Promise<unknown>((resolve) => held.save(resolve));
      if (error) throw error as Error;
    }
    return 'saved';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

interface TextClient {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** A minimal express-session store on Redis. */
class TextStore extends session.Store {
  constructor(
    readonly client: TextClient,
    readonly prefix: string,
  ) {
    super();
  }
  override get(id: string, callback: (error?: unknown, found?: never) => void): void {
    this.client
      .get(this.prefix + id)
      .then((text) => callback(null, text === null ? undefined : (JSON.parse(text) as never)), callback);
  }
  override set(id: string, held: object, callback: (error?: unknown) => void = () => undefined): void {
    this.client.set(this.prefix + id, JSON.stringify(held)).then(() => callback(), callback);
  }
  override destroy(id: string, callback: (error?: unknown) => void = () => undefined): void {
    this.client.del(this.prefix + id).then(() => callback(), callback);
  }
}

/** Calls a middleware. Resolves with the argument of `next`: `undefined` or an error. */
export function passed(middleware: AnyMiddleware, req: IncomingMessage, res: object): Promise<unknown> {
  return new Promise((resolve) => middleware(req, res, resolve));
}

/** A handler of plain `node:http` behind a middleware: `/login` signs in, all other paths show the session. */
export function loginPage(middleware: AnyMiddleware) {
  return (req: IncomingMessage, res: ServerResponse): void =>
    middleware(req, res, (error) => {
      const { session: held } = req as EntryRequest;
      if (error !== undefined) return void res.writeHead(500).end();
      if (req.url === '/login') held!['userId'] = 'u1';
      res.end(JSON.stringify({ userId: held!['userId'] ?? null, note: held!['note'] ?? null }));
    });
}

/** A response like that of engine.io during a WebSocket handshake. It records its calls. */
export class UpgradeResponse extends EventEmitter {
  readonly headers: Record<string, unknown> = {};
  readonly calls: unknown[][] = [];
  setHeader(name: string, value: unknown): void {
    this.headers[name] = value;
  }
  getHeader(name: string): unknown {
    return this.headers[name];
  }
  writeHead(...args: unknown[]): void {
    this.calls.push(['writeHead', ...args]);
  }
  end(...args: unknown[]): void {
    this.calls.push(['end', ...args]);
  }
  /** The `name=value` of its cookie. */
  get cookie(): string {
    return String(this.headers['Set-Cookie']).split(';', 1)[0]!;
  }
}

/** A request with a URL and an optional cookie. */
export const request = (cookie?: string): EntryRequest =>
  createRequest({ url: '/', headers: cookie === undefined ? {} : { cookie } }) as unknown as EntryRequest;

/** The cookie of a signed-in visitor. */
export async function loggedIn(entry: Entry, mw: AnyMiddleware): Promise<string> {
  const req = request();
  const res = new UpgradeResponse();
  await passed(mw, req, res);
  req.session!['userId'] = 'u1';
  await save(entry, req.session!);
  res.writeHead();
  return res.cookie;
}
