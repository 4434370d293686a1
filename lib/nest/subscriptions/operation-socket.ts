import { ServiceUnavailableException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { isStoreFailure } from '../../core/errors.js';
import type { ConnectionSessions } from '../../http/connection-sessions.js';
import { ATTACHED, type AttachedSession } from '../../http/request-properties.js';
import type { CurrentRequest } from '../current-request.js';
import { EndingStream } from './ending-stream.js';
import { operationIn, type Operation } from './operation.js';

/** The sessions of one module. */
export interface OperationSessions {
  readonly connections: ConnectionSessions;
  readonly requests: CurrentRequest;
}

/** The session of one name at a socket. */
interface Bound {
  /** `undefined` where the path of the cookie does not cover the handshake. */
  readonly attached: AttachedSession | undefined;
  readonly unwatch: () => void;
}

const SOCKETS = new WeakMap<IncomingMessage, OperationSocket>();
/** Applications without such sockets do not look for them. */
let hasSockets = false;

/** The socket of a GraphQL context; `undefined` for an operation over HTTP. */
export function operationSocketOf(context: unknown): OperationSocket | undefined {
  const operation = hasSockets ? operationIn(context) : undefined;
  return operation === undefined ? undefined : SOCKETS.get(operation.handshake);
}

/** The same, made where the operation is the first one of its socket. */
export function operationSocketAt(operation: Operation): OperationSocket {
  const { handshake } = operation;
  const socket = SOCKETS.get(handshake) ?? new OperationSocket(operation);
  SOCKETS.set(handshake, socket);
  hasSockets = true;
  return socket;
}

/** A WebSocket of GraphQL, with the sessions of its handshake and the streams of its subscriptions. */
export class OperationSocket {
  readonly #operation: Operation;
  readonly #bound = new Map<OperationSessions, Promise<Bound>>();
  readonly #streams = new Set<EndingStream<unknown>>();
  /** What operations have read, by their context. */
  readonly #reads = new WeakMap<object, Map<OperationSessions, Promise<AttachedSession | undefined>>>();
  readonly #requests = new WeakMap<object, IncomingMessage>();
  #request: IncomingMessage;
  #isClosed: boolean;

  constructor(operation: Operation) {
    const { handshake } = (this.#operation = operation);
    this.#request = requestOn(handshake);
    this.#isClosed = handshake.socket.destroyed;
    handshake.socket.once('close', () => void this.#disconnected());
  }

  /** What holds the sessions: not the handshake, because the socket goes on without a session that has ended. */
  get request(): IncomingMessage {
    return this.#request;
  }

  /**
   * Loads the session for an operation, or reads it again, once. Returns `false` for a page of another
   * origin, and closes the socket. `isUsed`: the operation counts as activity.
   *
   * @throws HttpException 503 if the store fails, as by HTTP
   */
  async prepare(sessions: OperationSessions, context: object, isUsed: boolean): Promise<boolean> {
    const { connections } = sessions;
    if (!connections.isTrusted(this.#operation.handshake)) return this.#refuse();
    const reads =
      this.#reads.get(context) ?? new Map<OperationSessions, Promise<AttachedSession | undefined>>();
    this.#reads.set(context, reads);
    const reading = reads.get(sessions) ?? this.#read(sessions);
    reads.set(sessions, reading);
    try {
      const attached = await reading;
      this.#requests.set(context, this.#request);
      if (isUsed && attached !== undefined) void connections.keepAlive(attached);
    } catch (error) {
      throw isStoreFailure(error) ? new ServiceUnavailableException() : error;
    }
    return true;
  }

  async #read(sessions: OperationSessions): Promise<AttachedSession | undefined> {
    const request = this.#request;
    const known = await this.#bound.get(sessions);
    if (known !== undefined && request === this.#request) {
      const { attached } = known;
      if (attached === undefined) return undefined;
      const isLost = !attached.opened.isAvailable || (await sessions.connections.refresh(attached)) !== null;
      if (!isLost && request === this.#request) return attached;
      if (request === this.#request) this.#end();
    }
    return (await this.#bind(sessions)).attached;
  }

  #bind(sessions: OperationSessions): Promise<Bound> {
    const bound = this.#bound.get(sessions) ?? this.#load(sessions);
    this.#bound.set(sessions, bound);
    bound.catch(() => this.#bound.get(sessions) === bound && this.#bound.delete(sessions));
    return bound;
  }

  async #load({ connections }: OperationSessions): Promise<Bound> {
    const request = this.#request;
    const attached = await connections.load(request);
    if (attached === undefined || this.#isClosed || request !== this.#request)
      return { attached, unwatch: () => undefined };
    return { attached, unwatch: connections.watch(attached, () => request === this.#request && this.#end()) };
  }

  /** A session of the socket has ended: completes its subscriptions. The next operation has none, or another. */
  #end(): void {
    this.#request = requestOn(this.#operation.handshake);
    this.#leave();
    for (const stream of [...this.#streams]) stream.end();
  }

  #leave(): void {
    for (const bound of this.#bound.values())
      bound.then(
        ({ unwatch }) => unwatch(),
        () => undefined,
      );
    this.#bound.clear();
  }

  #refuse(): false {
    const { handshake, socket } = this.#operation;
    if (socket === null) handshake.socket.destroySoon();
    else socket.close(FORBIDDEN, 'forbidden-origin');
    return false;
  }

  async #disconnected(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#bound];
    this.#leave();
    for (const [{ connections }, bound] of all) {
      const { attached } = await bound.catch(() => ({ attached: undefined }));
      if (attached !== undefined) void connections.reportUnsaved(attached);
    }
  }

  /** Runs a step with the sessions of the socket, for `CurrentSession`. */
  run<T>(step: () => T): T {
    const request = this.#request;
    const inAll = [...this.#bound.keys()].reduce(
      (inner, { requests }) =>
        () =>
          requests.run(request, inner),
      step,
    );
    return inAll();
  }

  /** The stream of a subscription. It is completed when a session of the socket ends. */
  streamOf(context: object, source: AsyncIterable<unknown>): AsyncIterable<unknown> {
    const stream: EndingStream<unknown> = new EndingStream(
      source,
      (step) => this.run(step),
      () => this.#streams.delete(stream),
    );
    this.#streams.add(stream);
    // The session has ended while the resolver ran.
    if (this.#requests.get(context) !== this.#request) stream.end();
    return stream;
  }
}

/** Forbidden: a code that clients of graphql-ws do not retry. */
const FORBIDDEN = 4403;

/** A request with the facts of the handshake and a place for sessions of its own. */
function requestOn(handshake: IncomingMessage): IncomingMessage {
  const own = { value: [], writable: true, enumerable: false, configurable: true };
  return Object.create(handshake, { [ATTACHED]: own }) as IncomingMessage;
}
