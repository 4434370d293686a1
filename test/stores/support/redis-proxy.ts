import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy between a client and a server, such as an address that moves to another server at a failover. */
export interface RedisProxy {
  readonly url: string;
  /** Number of connections so far. */
  readonly made: () => number;
  /** Number of open connections. */
  readonly open: () => number;
  /** Sets the server for new connections. */
  readonly leadTo: (url: string) => void;
  /** Stops forwarding on existing connections, which stay open. New connections work. */
  readonly silence: () => void;
  /** Accepts new connections without forwarding. */
  readonly silenceNew: (isSilent: boolean) => void;
  /** Closes all existing connections. */
  readonly cut: () => void;
  readonly stop: () => void;
}

/** Starts a local proxy. */
export async function startProxy(target: string): Promise<RedisProxy> {
  let to = new URL(target);
  let made = 0;
  let isNewSilent = false;
  const pairs = new Map<Socket, Socket>();
  const silent = new Set<Socket>();
  const server = createServer((client) => {
    made++;
    const behind = connect(Number(to.port), to.hostname);
    pairs.set(client, behind);
    if (isNewSilent) silent.add(client);
    client.on('data', (data) => silent.has(client) || behind.write(data));
    behind.on('data', (data) => silent.has(client) || client.write(data));
    for (const socket of [client, behind]) socket.on('error', () => undefined);
    client.on('close', () => void (pairs.delete(client), behind.destroy()));
    behind.on('close', () => silent.has(client) || client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => pairs.forEach((behind, client) => (client.destroy(), behind.destroy()));
  return {
    url: url.href,
    made: () => made,
    open: () => pairs.size,
    leadTo: (next) => void (to = new URL(next)),
    silence: () => pairs.forEach((_, client) => silent.add(client)),
    silenceNew: (isSilent) => void (isNewSilent = isSilent),
    cut,
    stop: () => {
      cut();
      server.close();
    },
  };
}
