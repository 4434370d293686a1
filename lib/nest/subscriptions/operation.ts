import type { IncomingMessage } from 'node:http';
import { rawRequestOf } from '../../http/get-session.js';

/** The used part of a WebSocket of `ws`. */
interface WebSocket {
  close(code: number, reason: string): void;
}

/** A GraphQL operation over a WebSocket. */
export interface Operation {
  /** The request of the handshake. */
  readonly handshake: IncomingMessage;
  /** `null` where the context does not have it. */
  readonly socket: WebSocket | null;
}

/** The parts of a GraphQL context that can lead to the handshake. */
interface Context {
  readonly req?: unknown;
  readonly request?: unknown;
}

/** The context of graphql-ws: Nest's context of Apollo has it as `req`. */
interface GraphqlWs {
  readonly extra?: { readonly request?: unknown; readonly socket?: unknown };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * The operation of a GraphQL context; `undefined` for one over HTTP. The handshake is at `req.extra.request`,
 * as Nest's context of Apollo has it, at `request`, where Mercurius has it, or at `req`, by the application.
 */
export function operationIn(context: unknown): Operation | undefined {
  if (!isObject(context)) return undefined;
  const { req, request } = context as Context;
  const extra = isObject(req) ? (req as GraphqlWs).extra : undefined;
  const found = [extra?.request, req, request].find(isObject);
  if (found === undefined) return undefined;
  const handshake = rawOf(found);
  if (!isHandshake(handshake)) return undefined;
  const socket = isObject(extra?.socket) && 'close' in extra.socket ? (extra.socket as WebSocket) : null;
  return { handshake, socket };
}

/** The request of Node below one of Fastify, which may not have a session yet. */
function rawOf(request: object): IncomingMessage {
  const raw = 'raw' in request && isObject(request.raw) && 'headers' in request.raw ? request.raw : request;
  return rawRequestOf(raw as IncomingMessage);
}

/** @see RFC 6455, section 4.1 */
const isHandshake = ({ method, headers }: Partial<IncomingMessage>): boolean =>
  method === 'GET' && headers?.upgrade?.toLowerCase() === 'websocket';
