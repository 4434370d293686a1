import type { ServerResponse } from 'node:http';
import { HeldDrain, HeldHead } from './held-response.js';
import type { OutputMethod } from './output-methods.js';
import { checkStatus, mergeHead } from './write-head.js';

/** The output of a response that is held until its session is stored. */
export class HeldOutput {
  readonly #res: ServerResponse;
  readonly #calls: { readonly method: OutputMethod; readonly args: readonly unknown[] }[] = [];
  #head: HeldHead | null = null;
  #drain: HeldDrain | null = null;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** The end of the response is held: it is the last call. */
  get hasEnd(): boolean {
    return this.#calls.at(-1)?.method === 'end';
  }

  /** Sets the headers of `writeHead` on the response immediately, so that an invalid one throws here. */
  addHead(args: readonly unknown[]): this {
    const head = mergeHead(this.#res, args);
    this.#res.statusCode = checkStatus(head[0]);
    this.#head = new HeldHead(this.#res);
    return this.add('writeHead', head);
  }

  /** Holds a call. Returns what its caller gets: `false` for `write`, so that it waits for `drain`. */
  hold(method: OutputMethod, args: readonly unknown[]): unknown {
    this.add(method, args);
    this.#head ??= new HeldHead(this.#res);
    if (method === 'flushHeaders') return undefined;
    if (method === 'end') return this.#res;
    this.#drain ??= new HeldDrain(this.#res);
    return false;
  }

  /** Adds a call that {@link replay} follows, or the end of a response whose head was sent. */
  add(method: OutputMethod, args: readonly unknown[]): this {
    this.#calls.push({ method, args });
    return this;
  }

  /** Shows the head of the response as it is. */
  showHead(): void {
    this.#head?.release();
    this.#head = null;
  }

  /**
   * Sends all calls in order. A full response emits `drain` itself, in Node 26 within the same tick: its
   * listeners are added immediately. Otherwise `drain` is emitted in the next tick.
   */
  replay(send: (method: OutputMethod, args: readonly unknown[]) => unknown): void {
    let isDrained = true;
    try {
      for (let call = this.#calls.shift(); call !== undefined; call = this.#calls.shift()) {
        if (call.method === 'end') isDrained = false;
        const result = send(call.method, call.args);
        if (call.method === 'write') isDrained = result !== false;
      }
    } finally {
      if (!isDrained) this.releaseDrain();
      else if (this.#drain !== null) this.emitDrain();
    }
  }

  /** Shows the head, and passes an error to the callbacks of the calls, which are not sent. */
  drop(error: unknown): void {
    this.showHead();
    for (const { method, args } of this.#calls) callBack(method, args, error);
  }

  /** Adds the `drain` listeners to the response. */
  releaseDrain(): void {
    this.#drain?.release(false);
    this.#drain = null;
  }

  /** Emits `drain` in the next tick, so that a producer that waits for it continues. */
  emitDrain(): void {
    const drain = this.#drain;
    process.nextTick(() => (drain === null ? this.#res.emit('drain') : drain.release(true)));
  }
}

/** Calls the callback of an output that is not sent, in the next tick. `error` is `null` for none. */
export function callBack(method: OutputMethod, args: readonly unknown[], error: unknown): void {
  const callback = args.find((arg) => typeof arg === 'function') as ((error?: unknown) => void) | undefined;
  if (callback === undefined || method === 'writeHead') return;
  process.nextTick(() => (error === null ? callback() : callback(error)));
}
