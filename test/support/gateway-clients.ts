import { once } from 'node:events';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { NEST_MAJOR } from './nest-version.js';

/** Longest wait for an event of a socket. */
const LIMIT_MS = 20_000;

/**
 * What the client of a refused message receives. Nest 11 sends no exception to clients of `ws`: the answer to a further
 * message is the next one that arrives there.
 */
export const refusal = async (
  { name }: GatewayPlatform,
  client: GatewayClient,
  event: string,
  exception: object,
): Promise<void> => {
  if (name !== 'ws' || NEST_MAJOR >= 12)
    return expect(await client.ask(event)).toMatchObject(['exception', exception]);
  client.send(event);
  expect((await client.ask('who'))[0]).toBe('who');
};

/** What a gateway sends: the event and its data. */
export type Message = readonly [event: string, data: unknown];

/** A client of a gateway, of either platform. */
export interface GatewayClient {
  /** Sends a message and resolves to the next one that arrives. */
  ask(event: string, data?: unknown): Promise<Message>;
  send(event: string, data?: unknown): void;
  next(): Promise<Message>;
  /** Resolves to the reason once the server has closed the connection. */
  readonly closed: Promise<string>;
  readonly isOpen: boolean;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly cookie?: string | undefined;
  readonly origin?: string;
  /** Of socket.io. */
  readonly transports?: readonly string[];
  readonly namespace?: string;
}

/** A platform of Nest's gateways. */
export interface GatewayPlatform {
  readonly name: string;
  readonly use: (app: INestApplication) => void;
  readonly connect: (url: string, options?: ConnectOptions) => Promise<GatewayClient>;
}

class Inbox {
  readonly #messages: Message[] = [];
  readonly #waiting: ((message: Message) => void)[] = [];

  put(message: Message): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#messages.push(message);
    else next(message);
  }
  take(): Promise<Message> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const headersOf = ({ cookie, origin }: ConnectOptions): Record<string, string> => ({
  ...(cookie === undefined ? {} : { cookie }),
  ...(origin === undefined ? {} : { origin }),
});

async function connectIo(url: string, options: ConnectOptions = {}): Promise<GatewayClient> {
  const { transports = ['websocket'], namespace = '' } = options;
  const socket = io(`${url}${namespace}`, {
    transports: [...transports],
    forceNew: true,
    reconnection: false,
    extraHeaders: headersOf(options),
  });
  const inbox = new Inbox();
  let reason = 'none given';
  socket.onAny((event: string, data: unknown) => {
    if (event === 'session-ended') reason = (data as { reason: string }).reason;
    else inbox.put([event, data]);
  });
  const closed = new Promise<string>((resolve) => {
    socket.once('disconnect', () => resolve(reason));
  });
  const signal = AbortSignal.timeout(LIMIT_MS);
  await Promise.race([
    once(socket as never, 'connect', { signal }),
    once(socket as never, 'connect_error', { signal }).then(([error]) => Promise.reject(error as Error)),
  ]);
  return {
    send: (event, data) => void socket.emit(event, data),
    ask: (event, data) => {
      socket.emit(event, data);
      return inbox.take();
    },
    next: () => inbox.take(),
    closed,
    get isOpen() {
      return socket.connected;
    },
    close: async () => {
      socket.close();
      await closed;
    },
  };
}

async function connectWs(url: string, options: ConnectOptions = {}): Promise<GatewayClient> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: headersOf(options) });
  const inbox = new Inbox();
  socket.on('message', (bytes: Buffer) => {
    const { event, data } = JSON.parse(bytes.toString()) as { event: string; data: unknown };
    inbox.put([event, data]);
  });
  const closed = once(socket, 'close').then(
    ([code, reason]) => `${String(code)} ${(reason as Buffer).toString()}`,
  );
  await once(socket, 'open', { signal: AbortSignal.timeout(LIMIT_MS) });
  const send = (event: string, data?: unknown): void => socket.send(JSON.stringify({ event, data }));
  return {
    send,
    ask: (event, data) => {
      send(event, data);
      return inbox.take();
    },
    next: () => inbox.take(),
    closed,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    close: async () => {
      socket.close();
      await closed;
    },
  };
}

export const PLATFORMS: readonly GatewayPlatform[] = [
  {
    name: 'socket.io',
    use: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
    connect: connectIo,
  },
  { name: 'ws', use: (app) => void app.useWebSocketAdapter(new WsAdapter(app)), connect: connectWs },
];
