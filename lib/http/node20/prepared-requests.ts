import type { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { isReserved, reserveSession } from '../request-properties.js';
import { reserveOutputs } from './response-methods.js';

/**
 * Express gives each request and response another prototype. Up to Node 22, each property that they are given after that
 * costs a hidden class of its own, some microseconds; what they have before costs next to nothing.
 */
const IS_LATE_DEAR = Number(process.versions.node.split('.', 1)[0]) < 24;

const prepared = new WeakSet<object>();

/**
 * Lets the server of a request prepare all later ones, as soon as it has made them: with all the properties that sessions
 * need. One that was not prepared is served as well.
 */
export function prepareServerOf(req: IncomingMessage): void {
  if (!IS_LATE_DEAR || isReserved(req) || Object.getPrototypeOf(req) === IncomingMessage.prototype) return;
  // Not every connection is one of Node's own servers.
  const server = (req.socket as { readonly server?: Partial<EventEmitter> } | null | undefined)?.server;
  if (server === undefined || prepared.has(server)) return;
  prepared.add(server);
  server.prependListener?.('request', prepare);
}

function prepare(req: IncomingMessage, res: ServerResponse): void {
  // An HTTP/2 server has objects of another kind.
  if (!(res instanceof ServerResponse) || isReserved(req)) return;
  if (isTaken(req, res)) return;
  reserveSession(req);
  reserveOutputs(res);
}

/** What someone has put there before, or gives by a prototype, stays: such a request is served unprepared. */
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
