import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { seconds } from '../core/util/clock.js';
import type { ConnectionSessions } from './connection-sessions.js';
import type { AttachedSession } from './request-properties.js';
import { isGone } from './response/raw-response.js';
import { ResponseGate } from './response/response-gate.js';

/** What an event stream works with. The session is loaded. */
export interface StreamParts {
  readonly res: ServerResponse;
  readonly attached: AttachedSession;
  readonly sessions: ConnectionSessions;
  /** The open stream counts as activity of the session. */
  readonly keepsAlive: boolean;
}

/** Longest time that a stream that was ended waits for a client that does not read. Milliseconds. */
const LONGEST_END_MS = seconds(5);

/**
 * Ends a response that is still open after its head, such as an event stream, when its session ends: the
 * client receives the regular end of the response. Without a stored session it does nothing.
 */
export function endWithSession(parts: StreamParts): void {
  const { opened } = parts.attached;
  if (opened.isAvailable) new EventStream(parts, !opened.isNew);
}

/** The response of one stream, and the session that it depends on. */
class EventStream {
  readonly #parts: StreamParts;
  /** What is written to the response, until it ends. */
  readonly #sources = new Set<Readable>();
  #isEnded = false;

  constructor(parts: StreamParts, wasStored: boolean) {
    const { res } = (this.#parts = parts);
    res.on('pipe', (source: Readable) => this.#piped(source));
    // A turn later: a response of one piece, such as an error, has ended by then.
    ResponseGate.onHead(res, () => void setImmediate(() => this.#opened(wasStored)));
  }

  #piped(source: Readable): void {
    if (this.#isEnded) source.unpipe(this.#parts.res);
    else this.#sources.add(source);
  }

  /** The head is sent, and the session is stored as the handler has left it. */
  #opened(wasStored: boolean): void {
    const { res, attached, sessions, keepsAlive } = this.#parts;
    if (res.writableEnded || isGone(res)) return;
    // The request has counted as activity. The end of the stream does not, however long it was open.
    if (!keepsAlive) attached.isPassive = true;
    const { opened } = attached;
    if (!opened.isAlive || opened.isNew) return wasStored ? this.#end() : undefined;
    res.once(
      'close',
      sessions.watch(attached, () => this.#end(), keepsAlive),
    );
  }

  /**
   * No event that comes later must reach the client, and writing it must not fail. On HTTP/1 the connection
   * is closed after the response: the framework stops the source when it closes.
   */
  #end(): void {
    const { res } = this.#parts;
    this.#isEnded = true;
    for (const source of this.#sources) source.unpipe(res);
    if (res.writableEnded || isGone(res)) return;
    const { socket } = res;
    const { stream } = res as ServerResponse & { readonly stream?: { destroy(): unknown } };
    const limit = setTimeout(() => void (stream ?? res).destroy(), LONGEST_END_MS).unref();
    res.once('close', () => clearTimeout(limit)).on('error', () => undefined);
    if (stream === undefined) res.once('finish', () => socket?.destroySoon());
    res.end();
  }
}
