import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UserSession } from 'nest-session/http';

/** A request with a session, for handlers of plain node:http. */
export type SessionRequest = IncomingMessage & { session: UserSession };
export type PlainHandler = (req: SessionRequest, res: ServerResponse) => unknown;

/** A running server on a free local port. */
export interface RunningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

export async function listen(listener: RequestListener): Promise<RunningServer> {
  return listening(createServer(listener));
}

export async function listening(
  server: Pick<Server, 'listen' | 'address' | 'close'>,
): Promise<RunningServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      (server as Partial<Server>).closeAllConnections?.();
    });
  return { url: `http://127.0.0.1:${port}`, close };
}
