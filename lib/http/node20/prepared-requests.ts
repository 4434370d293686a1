import type { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { ATTACHED, reserveSession } from '../request-properties.js';
import { reserveOutputs } from './response-methods.js';

/** Node 20 and 22 create a hidden class for each property that is added after the prototype was changed. */
const IS_LATE_EXPENSIVE = Number(process.versions.node.split('.', 1)[0]) < 24;

const prepared = new WeakSet<object>();

/**
 * Makes the server of a request prepare all later ones: it gives them the properties of sessions before
 * Express changes their prototype. That takes 2 µs per request; later it takes 20 µs or more. A request that
 * is not prepared is served in the same way. Does nothing on Node 24 and later.
 *
 * @see docs/adr/012-requests-are-prepared-by-their-server.md
 */
export function prepareServerOf(req: IncomingMessage): void {
  if (!IS_LATE_EXPENSIVE || ATTACHED in req || Object.getPrototypeOf(req) === IncomingMessage.prototype)
    return;
  // The connection may belong to no server of Node.
  const server = (req.socket as { readonly server?: Partial<EventEmitter> } | null | undefined)?.server;
  if (server === undefined || prepared.has(server)) return;
  prepared.add(server);
  server.prependListener?.('request', prepare);
}

function prepare(req: IncomingMessage, res: ServerResponse): void {
  // An HTTP/2 server emits other objects.
  if (!(res instanceof ServerResponse) || ATTACHED in req || isTaken(req, res)) return;
  reserveSession(req);
  reserveOutputs(res);
}

/** Whether another library has defined such a property, which is not replaced. */
function isTaken(req: IncomingMessage, res: ServerResponse): boolean {
  return (
    'session' in req ||
    'sessionID' in req ||
    'sessionStore' in req ||
    Object.hasOwn(res, 'writeHead') ||
    Object.hasOwn(res, 'write') ||
    Object.hasOwn(res, 'end') ||
    Object.hasOwn(res, 'flushHeaders')
  );
}
