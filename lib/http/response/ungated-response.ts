import { ServerResponse } from 'node:http';
import { applyHeaders, type Head } from './write-head.js';
import type { CommitHooks } from './response-gate.js';
import { RETRY_AFTER } from '../handler-hooks.js';

/** What a {@link UngatedResponse} calls. */
export interface UngatedHooks extends Omit<CommitHooks, 'answer' | 'statusOf'> {
  /** Decides the headers before the store has written, since such a response does not wait for `commit()`. */
  planHeaders(): void;
}

/**
 * Whether a response is one of Node's: `http.ServerResponse`, `http2.Http2ServerResponse`, or a subclass of them. Only
 * these are gated.
 */
export function isNodeResponse(res: unknown): res is ServerResponse {
  return res instanceof ServerResponse || isHttp2Response(res);
}

/** `node:http2` takes some milliseconds to load: an application without HTTP/2 never loads it here. */
function isHttp2Response(res: unknown): boolean {
  if (typeof res !== 'object' || res === null || !('stream' in res)) return false;
  return res instanceof process.getBuiltinModule('node:http2').Http2ServerResponse;
}

/** Sets `Retry-After` for a 503 where the response has headers, and they are not out. Never throws. */
export function askToRetry(res: unknown): void {
  try {
    const { headersSent, setHeader } = (res ?? {}) as Partial<ServerResponse>;
    if (headersSent !== true) setHeader?.call(res as ServerResponse, ...RETRY_AFTER);
  } catch {
    // The error that `next` gets says the same.
  }
}

const OUTPUTS = ['writeHead', 'write', 'end', 'flushHeaders'] as const;
type Output = (typeof OUTPUTS)[number];
type AnyResponse = Record<Output, unknown> & Partial<Pick<ServerResponse, 'headersSent' | 'setHeader'>>;

/**
 * Stands in for the gate at a response that is not one of Node's: engine.io's, a mock, an empty object, a socket.
 *
 * No output waits. The first one sets the session's headers; it and `end` start a commit that runs beside the response.
 * An object without `writeHead` is no response: it is left as it is, nothing is committed, and no cookie can be sent.
 */
export class UngatedResponse {
  readonly #res: AnyResponse;
  readonly #keeper: UngatedHooks;
  #isHeadOut = true;

  constructor(res: unknown, keeper: UngatedHooks) {
    this.#res = res as AnyResponse;
    this.#keeper = keeper;
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

  /** The id of the session can no longer change. */
  get hasBegun(): boolean {
    return this.#isHeadOut;
  }

  #watch(): void {
    const res = this.#res as AnyResponse | null | undefined;
    if (typeof res?.writeHead !== 'function') return;
    this.#isHeadOut = res.headersSent === true || typeof res.setHeader !== 'function';
    for (const name of OUTPUTS) this.#replace(res, name);
  }

  #replace(res: AnyResponse, name: Output): void {
    const original = res[name];
    if (typeof original !== 'function') return;
    const before = (args: readonly unknown[]): readonly unknown[] => this.#before(name, args);
    res[name] = function (this: unknown, ...args: readonly unknown[]): unknown {
      return Reflect.apply(original, this, before(args)) as unknown;
    };
  }

  /** What to call the output with. Never throws. */
  #before(name: Output, args: readonly unknown[]): readonly unknown[] {
    if (this.#isHeadOut) {
      if (name === 'end') this.#commit();
      return args;
    }
    try {
      this.#keeper.planHeaders();
    } catch {
      // The commit fails for the same reason, and reports it.
    }
    const isUnderWay = this.#commit();
    this.#isHeadOut = true;
    return isUnderWay ? this.#writeHeaders(name === 'writeHead' ? args : [], args) : args;
  }

  /** `false` where it has failed already. */
  #commit(): boolean {
    const report = (error: unknown): void => this.#keeper.report(error);
    try {
      const settled = this.#keeper.commit();
      if (settled instanceof Promise) settled.catch(report);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  /** Headers in the arguments would replace those that are set: they are set first, and left out. */
  #writeHeaders(head: readonly unknown[], args: readonly unknown[]): readonly unknown[] {
    try {
      if (!this.#keeper.hasHeaders) return args;
      const headers = head.find((arg) => typeof arg === 'object' && arg !== null);
      applyHeaders(this.#res as never, headers as Head['headers']);
      this.#keeper.writeHeaders();
      return args.filter((arg) => headers === undefined || arg !== headers);
    } catch (error) {
      this.#keeper.report(error);
      return args;
    }
  }
}
