import { ServerResponse } from 'node:http';
import type { CommitHooks } from './commit-hooks.js';
import type { OutputMethod } from './output-methods.js';
import { applyHeaders, type Head } from './write-head.js';
import { RETRY_AFTER } from '../handler-hooks.js';

/** What an {@link UngatedResponse} calls. */
export interface UngatedHooks extends Omit<CommitHooks, 'answer' | 'statusOf'> {
  /** Decides the headers before the store has written, since such a response does not wait for `commit()`. */
  planHeaders(): void;
}

/**
 * Whether a response is one of Node's: `http.ServerResponse`, `http2.Http2ServerResponse`, or a subclass.
 * Only these are gated.
 */
export function isNodeResponse(res: unknown): res is ServerResponse {
  return res instanceof ServerResponse || isHttp2Response(res);
}

/** `node:http2` takes some milliseconds to load: an application without HTTP/2 does not load it here. */
function isHttp2Response(res: unknown): boolean {
  if (typeof res !== 'object' || res === null || !('stream' in res)) return false;
  return res instanceof process.getBuiltinModule('node:http2').Http2ServerResponse;
}

/** Sets `Retry-After` for a 503, if the response can still have headers. Never throws. */
export function askToRetry(res: unknown): void {
  try {
    const { headersSent, setHeader } = (res ?? {}) as Partial<ServerResponse>;
    if (headersSent !== true) setHeader?.call(res as ServerResponse, ...RETRY_AFTER);
  } catch {
    // `next` gets the error in any case.
  }
}

type AnyResponse = Record<OutputMethod, unknown> &
  Partial<Pick<ServerResponse, 'headersSent' | 'setHeader' | 'statusCode'>>;

/**
 * Replaces the gate for a response that is not one of Node's: of engine.io, a mock, `{}`, a socket.
 *
 * No output waits. The first output sets the session headers; it and `end` start a commit that runs beside
 * the response. An object without `writeHead` is not changed: nothing is committed, and no cookie can be
 * sent.
 */
export class UngatedResponse {
  readonly #res: AnyResponse;
  readonly #session: UngatedHooks;
  #isHeadOut = true;

  constructor(res: unknown, session: UngatedHooks) {
    this.#res = res as AnyResponse;
    this.#session = session;
    try {
      this.#watch();
    } catch {
      // A frozen object, for example.
      this.#isHeadOut = true;
    }
  }

  /** Whether a header can still reach the client. */
  get canSendHeaders(): boolean {
    return !this.#isHeadOut;
  }

  /** Whether the application has begun to respond. */
  get hasBegun(): boolean {
    return this.#isHeadOut;
  }

  #watch(): void {
    const res = this.#res as AnyResponse | null | undefined;
    if (typeof res?.writeHead !== 'function') return;
    this.#isHeadOut = res.headersSent === true || typeof res.setHeader !== 'function';
    for (const name of ['writeHead', 'write', 'end', 'flushHeaders'] as const) {
      const original = res[name];
      if (typeof original !== 'function') continue;
      const before = (args: readonly unknown[]): readonly unknown[] => this.#before(name, args);
      res[name] = function (this: unknown, ...args: readonly unknown[]): unknown {
        return Reflect.apply(original, this, before(args)) as unknown;
      };
    }
  }

  /** Returns the arguments for the output. Never throws. */
  #before(name: OutputMethod, args: readonly unknown[]): readonly unknown[] {
    if (this.#isHeadOut) {
      if (name === 'end') this.#commit();
      return args;
    }
    try {
      // As `writeHead` does: the commit depends on it.
      if (name === 'writeHead' && typeof args[0] === 'number') this.#res.statusCode = args[0];
      this.#session.planHeaders();
    } catch {
      // The commit fails for the same reason, and reports it.
    }
    const isCommitting = this.#commit();
    this.#isHeadOut = true;
    return isCommitting ? this.#writeHeaders(name === 'writeHead' ? args : [], args) : args;
  }

  /** Starts a commit. Returns `false` if it has failed already. */
  #commit(): boolean {
    const report = (error: unknown): void => this.#session.report(error);
    try {
      const commit = this.#session.commit();
      if (commit instanceof Promise) commit.catch(report);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  /** Sets headers of the arguments first, since they would replace session headers. Returns the others. */
  #writeHeaders(head: readonly unknown[], args: readonly unknown[]): readonly unknown[] {
    try {
      if (!this.#session.hasHeaders) return args;
      const headers = head.find((arg) => typeof arg === 'object' && arg !== null);
      applyHeaders(this.#res as never, headers as Head['headers']);
      this.#session.writeHeaders();
      return args.filter((arg) => headers === undefined || arg !== headers);
    } catch (error) {
      this.#session.report(error);
      return args;
    }
  }
}
