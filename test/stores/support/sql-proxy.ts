import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  isSilent: boolean;
}

/**
 * A proxy before a server whose connections can fall silent, as after a failover or behind a firewall that
 * has forgotten them: nothing comes any more, not even their end.
 */
export class SilencingProxy {
  readonly #listener: Server;
  readonly #target: URL;
  readonly #links = new Set<Link>();
  #silencesNew = false;
  /** Number of connections so far. */
  made = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#listener = createServer((client) => this.#link(client));
  }

  static async before(target: string): Promise<SilencingProxy> {
    const proxy = new SilencingProxy(target);
    await once(proxy.#listener.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The URL of the server through the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#listener.address() as AddressInfo).port);
    return url.href;
  }

  /** Number of connections that a client has not closed. */
  get open(): number {
    return this.#links.size;
  }

  /** Stops forwarding on existing connections, and optionally on new ones. */
  silence({ andNew = false } = {}): void {
    this.#silencesNew = andNew;
    for (const link of this.#links) link.isSilent = true;
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#links) [client, server].forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #link(client: Socket): void {
    this.made++;
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port) });
    const link: Link = { client, server, isSilent: this.#silencesNew };
    this.#links.add(link);
    client.on('data', (data) => link.isSilent || server.write(data));
    server.on('data', (data) => link.isSilent || client.write(data));
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.on('close', () => (this.#links.delete(link), server.destroy()));
    server.on('close', () => link.isSilent || client.destroy());
  }
}
