import type { ServerResponse } from 'node:http';
import { outputsOf } from '../node20/response-methods.js';
import type { CommitHooks } from './commit-hooks.js';
import { callBack } from './held-output.js';
import { GATED_OUTPUTS, type OutputMethod, type Outputs } from './output-methods.js';
import { checkChunk, checkReason, checkStatus, mergeHead } from './write-head.js';

/** The response behind a gate: its own output methods, and the headers of its sessions. */
export class RawResponse {
  readonly res: ServerResponse;
  /** One for each session of the request. The first one handles errors. */
  sessions: readonly CommitHooks[];
  isHeadOut: boolean;
  /** `'optional'` for an error response: it is sent without a header that cannot be written. */
  headers: 'due' | 'optional' | 'written' = 'due';
  /** Called when the sessions are stored and the head is sent. */
  onHead: (() => void)[] | null = null;
  readonly #originals: Outputs;

  constructor(res: ServerResponse, session: CommitHooks) {
    this.res = res;
    this.sessions = [session];
    // The head of the handshake of a socket, for example, was sent before.
    this.isHeadOut = res.headersSent;
    this.#originals = outputsOf(res);
    const methods = res as unknown as Outputs;
    methods.writeHead = GATED_OUTPUTS.writeHead;
    methods.write = GATED_OUTPUTS.write;
    methods.end = GATED_OUTPUTS.end;
    methods.flushHeaders = GATED_OUTPUTS.flushHeaders;
  }

  get first(): CommitHooks {
    return this.sessions[0]!;
  }

  beginHead(): void {
    this.isHeadOut = true;
    if (isGone(this.res)) for (const session of this.sessions) session.undelivered();
    if (this.onHead !== null) for (const step of this.onHead) step();
  }

  /**
   * Calls the method of the response. Session headers are set last, in `writeHead`, which sends each head.
   */
  send(method: OutputMethod, args: readonly unknown[]): unknown {
    let given = args;
    if (method === 'writeHead' && this.headers !== 'written') {
      const isOptional = this.headers === 'optional';
      this.headers = 'written';
      for (const session of this.sessions) {
        if (!session.hasHeaders) continue;
        if (given === args) given = mergeHead(this.res, args);
        if (isOptional) tryHeaders(session);
        else session.writeHeaders();
      }
    }
    return this.#originals[method].apply(this.res, given as unknown[]);
  }

  /** Throws as Node does for an invalid output. The status is checked until the head is held or sent. */
  check(method: OutputMethod, chunk: unknown, isHeadHeld = false): void {
    const { res } = this;
    if (!isHeadHeld && !this.isHeadOut) {
      if (!(res.statusCode >= 100 && res.statusCode < 1000)) checkStatus(res.statusCode);
      if (Object.hasOwn(res, 'statusMessage')) checkReason(res.statusMessage);
    }
    if (typeof chunk !== 'string' && (method === 'write' || method === 'end')) checkChunk(chunk, method);
  }

  /** Drops an output. Returns what its caller gets. With `isLate`, a write fails as after the end. */
  drop(method: OutputMethod, args: readonly unknown[], isLate: boolean): unknown {
    callBack(method, args, isLate && method === 'write' ? writeAfterEnd() : null);
    return method === 'write' ? true : this.res;
  }
}

function tryHeaders(session: CommitHooks): void {
  try {
    session.writeHeaders();
  } catch {
    // The error response is sent without them.
  }
}

function writeAfterEnd(): Error {
  return Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
}

/** Whether the client has left. */
export function isGone(res: ServerResponse & { readonly stream?: { destroyed: boolean } }): boolean {
  const { destroyed, closed, stream, socket } = res;
  return (
    destroyed || closed || stream?.destroyed === true || (stream === undefined && socket?.writable === false)
  );
}
