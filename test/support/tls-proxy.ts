import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.js';

/** A proxy that ends TLS and forwards each request over plain HTTP. */
export interface TlsProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the proxy on a free local port. Requests go to the local port that `portOf` returns for the host name of the
 * request. It sets `X-Forwarded-Proto` and `X-Forwarded-For`, and drops those of the client.
 */
export async function startTlsProxy(
  certificate: Certificate,
  portOf: (host: string) => number,
): Promise<TlsProxy> {
  const server = createServer(certificate, (req, res) => {
    const { host = '' } = req.headers;
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': req.socket.remoteAddress ?? '' };
    const upstream = request(
      {
        host: '127.0.0.1',
        port: portOf(host.split(':', 1)[0]!),
        path: req.url,
        method: req.method,
        headers: { ...req.headers, ...forwarded },
      },
      (response) => response.pipe(res.writeHead(response.statusCode!, response.headers)),
    );
    upstream.once('error', () => res.writeHead(502).end());
    req.pipe(upstream);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
