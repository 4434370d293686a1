import type { IncomingMessage } from 'node:http';

/** The used part of a client of socket.io. */
interface IoClient {
  readonly request: IncomingMessage;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(close: boolean): unknown;
  once(event: string, listener: () => void): unknown;
}

/** The used part of a client of `ws`. */
interface WsClient {
  close(code: number, reason: string): void;
  once(event: string, listener: () => void): unknown;
}

/** The event that a client of socket.io receives before it is disconnected, with `{ reason }`. */
const SESSION_ENDED = 'session-ended';

/** Policy violation, and try again later: RFC 6455, section 7.4.1, and the registry of IANA. */
const CLOSE_CODES = { policy: 1008, retry: 1013 } as const;

const isRequest = (value: unknown): value is IncomingMessage =>
  typeof (value as { headers?: unknown } | null | undefined)?.headers === 'object';

const isIoClient = (client: object): client is IoClient =>
  typeof (client as Partial<IoClient>).disconnect === 'function';

/**
 * The request of a client's handshake: socket.io has it at the client, `ws` passes it with the connection.
 * `undefined` for any other adapter.
 */
export function handshakeOf(client: object, args: readonly unknown[]): IncomingMessage | undefined {
  const { request } = client as Partial<IoClient>;
  return isRequest(request) ? request : args.find(isRequest);
}

/** Closes the connection of a client, and tells it why. Never throws. */
export function closeClient(client: object, reason: string, kind: keyof typeof CLOSE_CODES): void {
  try {
    if (!isIoClient(client)) return (client as WsClient).close(CLOSE_CODES[kind], reason);
    client.emit(SESSION_ENDED, { reason });
    client.disconnect(true);
  } catch {
    // It is closed already.
  }
}

/** Calls a listener once the connection of a client has closed. */
export function onceDisconnected(client: object, listener: () => void): void {
  (client as IoClient | WsClient).once(isIoClient(client) ? 'disconnect' : 'close', listener);
}
