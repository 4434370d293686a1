import { createClient, type FormattedExecutionResult } from 'graphql-ws';

type ExecutionResult = FormattedExecutionResult<Record<string, unknown>, unknown>;
import { WebSocket } from 'ws';

export interface ConnectOptions {
  readonly cookie?: string | undefined;
  readonly origin?: string;
  readonly path?: string;
}

/** One operation of a client. */
export interface RunningOperation {
  /** The next result; rejects if the operation has ended before. */
  next(): Promise<ExecutionResult>;
  /** Resolves to how the operation ended: `complete`, or the code with which the socket was closed. */
  readonly ended: Promise<string>;
  /** The client stops it. */
  stop(): void;
}

/** A client of graphql-ws with one socket. */
export interface SubscriptionClient {
  start(query: string): RunningOperation;
  /** The first result. */
  ask(query: string): Promise<ExecutionResult>;
  readonly isOpen: boolean;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

/** Connects to an application, and resolves when the server has acknowledged. */
export async function connectGraphql(url: string, options: ConnectOptions = {}): Promise<SubscriptionClient> {
  const { cookie, origin, path = '/graphql' } = options;
  const headers = {
    ...(cookie === undefined ? {} : { cookie }),
    ...(origin === undefined ? {} : { origin }),
  };
  let socket!: WebSocket;
  class WithHeaders extends WebSocket {
    constructor(at: string, protocols: string) {
      super(at, protocols, { headers });
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- the only way to the socket of graphql-ws
      socket = this;
    }
  }
  let onConnected!: () => void;
  const connected = new Promise<void>((resolve) => (onConnected = resolve));
  const client = createClient({
    url: url.replace('http', 'ws') + path,
    webSocketImpl: WithHeaders,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    on: { connected: onConnected },
  });
  await connected;
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  const start = (query: string): RunningOperation => {
    const results: ExecutionResult[] = [];
    const waiting: { resolve(result: ExecutionResult): void; reject(error: Error): void }[] = [];
    let onEnded!: (how: string) => void;
    const ended = new Promise<string>((resolve) => (onEnded = resolve));
    const end = (how: string): void => {
      onEnded(how);
      for (const { reject } of waiting) reject(new Error(`The operation has ended: ${how}.`));
    };
    const stop = client.subscribe(
      { query },
      {
        next: (result) => {
          const one = waiting.shift();
          if (one === undefined) results.push(result);
          else one.resolve(result);
        },
        error: (error) =>
          end(
            Array.isArray(error)
              ? JSON.stringify(error)
              : `closed ${String((error as { code?: number }).code)}`,
          ),
        complete: () => end('complete'),
      },
    );
    const next = (): Promise<ExecutionResult> => {
      const result = results.shift();
      if (result !== undefined) return Promise.resolve(result);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    };
    return { next, ended, stop };
  };
  return {
    start,
    ask: (query) => start(query).next(),
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    closed,
    close: async () => {
      await client.dispose();
      await closed;
    },
  };
}
