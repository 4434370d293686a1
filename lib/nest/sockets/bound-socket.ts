import type { IncomingMessage } from 'node:http';
import type { UserSession } from '../../core/session/user-session.js';
import { askSession } from '../../http/get-session.js';
import type { ConnectionSessions } from '../../http/connection-sessions.js';
import { DEFAULT_SESSION, type AttachedSession } from '../../http/request-properties.js';
import { closeClient, handshakeOf, onceDisconnected } from './socket-client.js';
import { loadWsException } from './ws-exception.js';

/** The session of one name at a socket. */
interface BoundSession {
  readonly sessions: ConnectionSessions;
  /** `undefined` until it is loaded, and where the path of the cookie does not cover the handshake. */
  attached: AttachedSession | undefined;
  unwatch: () => void;
}

const SOCKETS = new WeakMap<object, BoundSocket>();

/** The socket of a gateway's client; `undefined` where no session is bound to it. */
export function socketOf(client: unknown): BoundSocket | undefined {
  return typeof client === 'object' && client !== null ? SOCKETS.get(client) : undefined;
}

/** Binds the session of its handshake to a client that has connected. Further calls do nothing. */
export function bindSocket(client: object, args: readonly unknown[], sessions: ConnectionSessions): void {
  const request = handshakeOf(client, args);
  if (request === undefined) return;
  const socket = SOCKETS.get(client) ?? new BoundSocket(client, request);
  SOCKETS.set(client, socket);
  socket.bind(sessions);
}

/** A client of a gateway with the sessions of its handshake. It is closed when one of them ends. */
export class BoundSocket {
  readonly request: IncomingMessage;
  readonly #client: object;
  readonly #bound = new Map<string, BoundSession>();
  #loading: Promise<unknown> | null = null;
  #isClosed = false;

  constructor(client: object, request: IncomingMessage) {
    this.#client = client;
    this.request = request;
    onceDisconnected(client, () => this.#disconnected());
  }

  /** Loads the session of one name. A page of another origin and a failed load close the socket. */
  bind(sessions: ConnectionSessions): void {
    if (this.#bound.has(sessions.name)) return;
    const bound: BoundSession = { sessions, attached: undefined, unwatch: () => undefined };
    this.#bound.set(sessions.name, bound);
    const loading = Promise.all([this.#loading, this.#load(bound)]).then(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    this.#loading = loading;
  }

  async #load(bound: BoundSession): Promise<void> {
    const { sessions } = bound;
    if (!sessions.isTrusted(this.request)) return this.#close('forbidden-origin', 'policy');
    try {
      const loading = sessions.load(this.request);
      await loadWsException();
      bound.attached = await loading;
    } catch {
      // The error was logged, or the event store-down reports it.
      return this.#close('session-unavailable', 'retry');
    }
    if (bound.attached === undefined || this.#isClosed) return;
    bound.unwatch = sessions.watch(bound.attached, (reason) => this.#close(reason, 'policy'));
  }

  /** Runs the handler of a message once the sessions are loaded, and not where the socket is closed. */
  handle<T>(run: () => T): T | Promise<T | undefined> | undefined {
    if (this.#loading !== null) return this.#loading.then(() => this.handle(run));
    return this.#isClosed ? undefined : run();
  }

  /**
   * The session of a name; `undefined` after `destroy()`. With `fresh` it is read again, and with `isUsed`
   * the message counts as activity.
   *
   * @throws SessionError `ERR_SESSION_NOT_MOUNTED`; `ERR_SESSION_STORE` if the store fails.
   */
  async session(
    name: string = DEFAULT_SESSION,
    { fresh = false, isUsed = false } = {},
  ): Promise<UserSession | undefined> {
    await this.#loading;
    const { attached, sessions } = this.#bound.get(name) ?? {};
    if (fresh && attached?.opened.isAvailable === true) {
      const end = await sessions!.refresh(attached);
      if (end !== null) this.#close(end, 'policy');
    }
    if (isUsed && attached !== undefined) void sessions!.keepAlive(attached);
    return askSession(this.request, name);
  }

  #close(reason: string, kind: Parameters<typeof closeClient>[2]): void {
    if (this.#isClosed) return;
    this.#leave();
    closeClient(this.#client, reason, kind);
  }

  #disconnected(): void {
    if (this.#isClosed) return;
    this.#leave();
    for (const { attached, sessions } of this.#bound.values())
      if (attached !== undefined) void sessions.reportUnsaved(attached);
  }

  #leave(): void {
    this.#isClosed = true;
    for (const { unwatch } of this.#bound.values()) unwatch();
  }
}
