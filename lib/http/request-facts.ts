import type { IncomingMessage } from 'node:http';

interface ProxiedRequest extends IncomingMessage {
  /** Set by Express, by its setting `trust proxy`. */
  readonly secure?: unknown;
  /** Set by Express, and by Nest's middleware on Fastify, by the trust setting of the framework. */
  readonly protocol?: unknown;
  readonly originalUrl?: unknown;
}

/**
 * Whether the browser's connection is secure. Checked in this order: TLS to this process; with `proxy: true`,
 * the first value of `X-Forwarded-Proto`; without the option, `req.secure` and `req.protocol` of the
 * framework. `ignoresProtocol` leaves `req.protocol` out, as express-session does.
 *
 * @see parity rule R37
 */
export function isSecureRequest(
  req: IncomingMessage,
  proxy: boolean | undefined,
  { ignoresProtocol = false }: { readonly ignoresProtocol?: boolean } = {},
): boolean {
  if ((req.socket as { encrypted?: unknown } | null)?.encrypted === true) return true;
  if (proxy === false) return false;
  if (proxy !== true) {
    const { secure, protocol } = req as ProxiedRequest;
    return secure === true || (proxy === undefined && !ignoresProtocol && protocol === 'https');
  }
  const forwarded = req.headers['x-forwarded-proto'];
  const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',', 1)[0];
  return first?.trim().toLowerCase() === 'https';
}

/**
 * Whether a request lies within the cookie's path, matched at segment boundaries: `/admin` covers
 * `/admin/users`, not `/administrator`.
 *
 * @see RFC 6265, section 5.1.4; parity rule R21 and fault W8
 */
export function isInPath(req: IncomingMessage, cookiePath: string): boolean {
  if (cookiePath === '/' && req.url?.startsWith('/') === true) return true;
  const { originalUrl } = req as ProxiedRequest;
  const path = pathOf(typeof originalUrl === 'string' ? originalUrl : (req.url ?? '/'));
  if (!path.startsWith(cookiePath)) return false;
  return path.length === cookiePath.length || cookiePath.endsWith('/') || path[cookiePath.length] === '/';
}

function pathOf(url: string): string {
  const path = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(url)?.[1];
  return path === undefined || path === '' ? '/' : path;
}
