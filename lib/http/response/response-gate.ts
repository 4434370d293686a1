import type { ServerResponse } from 'node:http';
import { HeldDrain, HeldHead, type HeldCall } from './held-response.js';
import { allSettled, attemptSync, callBack, check, rejected, writeAfterEnd } from './gate-steps.js';
import { applyHeaders, readHead } from './write-head.js';
import { GATE, outputsOf, type Outputs } from '../node20/response-methods.js';
import { opaqueError, resetHead } from './error-response.js';

/** What the gate asks of whoever put it up. */
export interface CommitHooks {
  /** Brings the session up to date; at the first output, and again at the end of a stream. May throw or reject. */
  commit(): unknown;
  /** Whether {@link writeHeaders} has anything to write. */
  readonly hasHeaders: boolean;
  /** Writes cookie and cache headers, just before the head goes out. */
  writeHeaders(): void;
  /**
   * The client left before the head: a session that this request created is removed, since nobody has its cookie. Never
   * throws.
   */
  undelivered(): void;
  /**
   * A complete answer was taken back because the session could not be saved; it is for the application to answer.
   * `false` where it no longer can: then the gate answers for it.
   */
  answer(error: unknown): boolean;
  /** As {@link answer}, where the application is in the middle of an answer: the gate answers for it. */
  report(error: unknown): void;
  /** The status that stands for an error. */
  statusOf(error: unknown): number;
}

/** How long an application may take to answer for a session that could not be saved. */
const LONGEST_WAIT_MS = 5000;

interface GatedResponse extends ServerResponse {
  [GATE]?: ResponseGate | undefined;
}

/**
 * Stands between an application and its raw response: no byte goes out before the session is stored.
 *
 * The first output asks for a commit. Until that has settled, every output is held back, in order, and the response
 * looks as if it were on its way; a writer is told to wait (`write` gives `false`, `drain` follows). Then all is
 * replayed, or, where the commit failed, taken back. One gate serves every framework, since all end here.
 *
 * Longer than other files, because it is one state machine: a mode and what each output means in it.
 */
export class ResponseGate {
  readonly #res: ServerResponse;
  /** One for each session of the request, the first one by itself: the answer waits for all of them. */
  readonly #keeper: CommitHooks;
  #others: readonly CommitHooks[] = NO_OTHERS;
  readonly #originals: Outputs;
  #mode: 'closed' | 'holding' | 'open' | 'failed' | 'dead' = 'closed';
  #held: HeldCall[] = [];
  #head: HeldHead | null = null;
  /** The output that asked for the first commit: what that commit covers needs no other. */
  #covered: HeldCall | null = null;
  #headOut: boolean;
  /** An end was asked for: another one is ignored, and while that one is held, all output. */
  #endAsked = false;
  #ended = false;
  #drain: HeldDrain | null = null;
  #headersWritten = false;
  /** The response is replaced by one that reports a failed commit. */
  #hasFailed = false;
  #watchesClose = false;

  /** The gate of a response, put up for the first of its sessions. */
  static at(res: ServerResponse, keeper: CommitHooks): ResponseGate {
    const gated = res as GatedResponse;
    const gate = gated[GATE];
    if (gate === undefined) return (gated[GATE] = new ResponseGate(res, keeper));
    gate.#others = [...gate.#others, keeper];
    return gate;
  }

  /** Whether the application has ended a response, and the end is held: its `writableEnded` is still `false`. */
  static holdsEnd(res: ServerResponse): boolean {
    const gate = (res as GatedResponse)[GATE];
    return gate !== undefined && gate.#mode === 'holding' && gate.#endAsked;
  }

  /** The output methods of every response with a gate: no function is made per response. */
  static readonly #METHODS: Outputs = {
    writeHead(this: GatedResponse, ...args) {
      return this[GATE]!.#output({ method: 'writeHead', args });
    },
    write(this: GatedResponse, ...args) {
      return this[GATE]!.#output({ method: 'write', args });
    },
    end(this: GatedResponse, ...args) {
      return this[GATE]!.#output({ method: 'end', args });
    },
    flushHeaders(this: GatedResponse, ...args) {
      return this[GATE]!.#output({ method: 'flushHeaders', args });
    },
  };

  private constructor(res: ServerResponse, keeper: CommitHooks) {
    this.#res = res;
    this.#keeper = keeper;
    // A response that was sent before: of a socket's handshake, for example.
    this.#headOut = res.headersSent;
    this.#originals = outputsOf(res);
    const methods = res as unknown as Outputs;
    const gated = ResponseGate.#METHODS;
    methods.writeHead = gated.writeHead;
    methods.write = gated.write;
    methods.end = gated.end;
    methods.flushHeaders = gated.flushHeaders;
  }

  /** A header can still reach the client: the head is not out, and the client has not left. */
  get canSendHeaders(): boolean {
    return !this.#headOut && !isGone(this.#res);
  }

  /** The application has asked for the first output: what it is to say about the session is decided. */
  get hasBegun(): boolean {
    return this.#mode !== 'closed' || this.#headOut;
  }

  #output(call: HeldCall): unknown {
    // Frameworks that read writableEnded see false while the end is held. What they send after it is dropped.
    if (this.#endAsked && (call.method === 'end' || this.#mode === 'holding')) return this.#swallow(call);
    if (call.method === 'end') {
      // An invalid last chunk is refused before it counts as the end.
      this.#check(call);
      this.#endAsked = this.#mode !== 'failed';
    }
    if (this.#mode === 'closed' && call.method === 'flushHeaders' && this.#head === null) {
      // As Node does, by way of all who wrap the head: what they decide there must be decided before anything is held.
      this.#res.writeHead(this.#res.statusCode);
    }
    switch (this.#mode) {
      case 'closed':
        return call.method === 'writeHead' ? this.#announce(call) : this.#begin(call);
      case 'holding':
        return this.#hold(call);
      case 'open':
        return call.method === 'end' && !this.#ended ? this.#finish(call) : this.#pass(call);
      case 'failed':
        return this.#replaceAnswer(call);
      case 'dead':
        return this.#swallow(call);
    }
  }

  /** `writeHead` puts nothing on the wire: the commit waits for what follows, and so covers changes made in between. */
  #announce(call: HeldCall): ServerResponse {
    this.#holdHead(call);
    setImmediate(() => {
      if (this.#mode === 'closed') this.#begin(null);
    });
    return this.#res;
  }

  /** The first output: commit, and hold back everything unless that is done at once. */
  #begin(call: HeldCall | null): unknown {
    if (call !== null) this.#check(call);
    this.#covered = call;
    const settled = this.#commit();
    if (settled instanceof Promise) {
      this.#mode = 'holding';
      settled.then(
        () => this.#release(),
        (error: unknown) => this.#fail(error),
      );
      return call === null ? this.#res : this.#hold(call);
    }
    if (this.#held.length > 0 || call === null) {
      if (call !== null) this.#held.push(call);
      this.#release();
      return call?.method === 'write' ? !this.#res.writableNeedDrain : this.#res;
    }
    this.#mode = 'open';
    this.#ended = call.method === 'end';
    this.#beginHead();
    try {
      return this.#pass(call);
    } catch (error) {
      // Whoever catches this must be able to answer.
      this.#endAsked = false;
      this.#ended = false;
      this.#headOut = this.#res.headersSent;
      throw error;
    } finally {
      this.#watchClose();
    }
  }

  #check(call: HeldCall): void {
    check(call, this.#res, this.#headOut || this.#head !== null);
  }

  /** Brings every session up to date; a promise where one of them needs time. One that fails fails the answer. */
  #commit(): unknown {
    const first = committed(this.#keeper);
    if (this.#others.length === 0) return first;
    const settled = [first, ...this.#others.map(committed)];
    return settled.some((one) => one instanceof Promise) ? allSettled(settled) : undefined;
  }

  #hold(call: HeldCall): unknown {
    if (call.method === 'writeHead') {
      this.#holdHead(call);
      return this.#res;
    }
    this.#check(call);
    this.#held.push(call);
    this.#head ??= new HeldHead(this.#res);
    if (call.method === 'write') this.#drain ??= new HeldDrain(this.#res);
    if (call.method === 'flushHeaders') return undefined;
    return call.method === 'write' ? false : this.#res;
  }

  /** Its headers are put on the response at once, so that a bad one is refused here and now, as Node does. */
  #holdHead(call: HeldCall): void {
    if (this.#head !== null || this.#headOut) {
      throw Object.assign(new Error('Cannot write headers after they are sent to the client'), {
        code: 'ERR_HTTP_HEADERS_SENT',
      });
    }
    const { status, reason, headers } = readHead(call.args);
    applyHeaders(this.#res, headers);
    this.#res.statusCode = status;
    this.#held.push({ method: 'writeHead', args: reason === undefined ? [status] : [status, reason] });
    this.#head = new HeldHead(this.#res);
  }

  /** The session is stored: everything that was held back goes out, in order. */
  #release(): void {
    this.#head?.release();
    this.#head = null;
    this.#mode = 'open';
    if (!this.#headOut) this.#beginHead();
    const drain = this.#drain;
    this.#drain = null;
    let full = false;
    const broken = attemptSync(() => {
      while (this.#held.length > 0 && this.#mode === 'open') {
        const call = this.#held.shift()!;
        const result = this.#replay(call);
        if (call.method === 'write') full = result === false;
      }
    });
    if (drain !== null) releaseDrain(drain, !full && !this.#ended);
    if (broken !== null) return this.#res.headersSent ? this.#cut(broken.error) : this.#fail(broken.error);
    this.#watchClose();
  }

  #beginHead(): void {
    this.#headOut = true;
    if (!isGone(this.#res)) return;
    this.#keeper.undelivered();
    for (const keeper of this.#others) keeper.undelivered();
  }

  #replay(call: HeldCall): unknown {
    if (call.method !== 'end' || this.#ended) return this.#pass(call);
    if (call !== this.#covered) return this.#finish(call);
    this.#ended = true;
    return this.#pass(call);
  }

  /** The end of a stream: what its producer changed since the first byte is saved before the answer is complete. */
  #finish(call: HeldCall): unknown {
    this.#ended = true;
    const settled = this.#commit();
    if (!(settled instanceof Promise)) return this.#pass(call);
    this.#mode = 'holding';
    this.#held.unshift(call);
    settled.then(
      () => this.#release(),
      (error: unknown) => this.#cut(error),
    );
    return this.#res;
  }

  /**
   * Calls the response itself. Every head comes through here, also one that Node makes by itself at the first output:
   * by then all wrappers have had their say, and the session's headers are the last.
   */
  #pass({ method, args }: HeldCall): unknown {
    const given = method === 'writeHead' && !this.#headersWritten ? this.#headWithSession(args) : args;
    return this.#originals[method].apply(this.#res, given as unknown[]);
  }

  #headWithSession(args: readonly unknown[]): readonly unknown[] {
    this.#headersWritten = true;
    if (!this.#keeper.hasHeaders && !this.#others.some(({ hasHeaders }) => hasHeaders)) return args;
    const { status, reason, headers } = readHead(args);
    applyHeaders(this.#res, headers);
    this.#writeHeaders(this.#keeper);
    for (const keeper of this.#others) this.#writeHeaders(keeper);
    return reason === undefined ? [status] : [status, reason];
  }

  /** Headers that cannot be written fail the response, but not the error page that comes instead. */
  #writeHeaders(keeper: CommitHooks): void {
    if (this.#hasFailed) attemptSync(() => keeper.writeHeaders());
    else keeper.writeHeaders();
  }

  /** Nothing is out yet. Of a complete answer the application makes another; of a stream under way nobody else can. */
  #fail(error: unknown): void {
    if (this.#headOut) return this.#cut(error);
    const complete = this.#held.some((call) => call.method === 'end');
    const dropped = this.#held;
    this.#held = [];
    this.#head?.release();
    this.#head = null;
    const keeper = this.#keeper;
    resetHead(this.#res, keeper.statusOf(error));
    for (const call of dropped) callBack(call, error);
    this.#mode = 'failed';
    this.#headOut = false;
    this.#ended = false;
    this.#endAsked = false;
    // The response that comes instead carries the cookies of ids that the store holds, and of no others.
    this.#headersWritten = false;
    this.#hasFailed = true;
    if (complete) {
      this.#drain?.release(false);
      this.#drain = null;
    }
    if (complete && keeper.answer(error)) return this.#waitForAnswer(this.#res.statusCode);
    this.#answerOpaquely(this.#res.statusCode);
    if (!complete) keeper.report(error);
  }

  /** Some never hear of an error that comes after their answer: they are not waited for much longer. */
  #waitForAnswer(status: number): void {
    const timer = setTimeout(() => {
      if (this.#mode === 'failed') this.#answerOpaquely(status);
    }, LONGEST_WAIT_MS);
    timer.unref();
    this.#res.once('close', () => clearTimeout(timer));
  }

  /** Bytes are out: the only honest end is one that no client takes for a complete answer. */
  #cut(error: unknown): void {
    this.#mode = 'dead';
    this.#head?.release();
    for (const call of this.#held.splice(0)) callBack(call, error);
    this.#res.destroy();
    this.#keeper.report(error);
  }

  /** The application answers for a save that failed. Whatever it says, it is not a success. */
  #replaceAnswer(call: HeldCall): unknown {
    const status = call.method === 'writeHead' ? readHead(call.args).status : this.#res.statusCode;
    if (status < 500) {
      this.#answerOpaquely(503);
      return this.#swallow(call);
    }
    if (!this.#res.hasHeader('Cache-Control')) this.#res.setHeader('Cache-Control', 'no-store');
    this.#mode = 'open';
    this.#headOut = true;
    this.#ended = true;
    return this.#pass(call);
  }

  #answerOpaquely(status: number): void {
    this.#mode = 'open';
    this.#pass({ method: 'end', args: [opaqueError(this.#res, status)] });
    this.#mode = 'dead';
    // A producer that was told to wait runs on into nothing, and so comes to its end.
    const drain = this.#drain;
    this.#drain = null;
    process.nextTick(() => (drain === null ? this.#res.emit('drain') : drain.release(true)));
  }

  #swallow(call: HeldCall): unknown {
    callBack(call, this.#endAsked && call.method === 'write' ? writeAfterEnd() : null);
    return call.method === 'write' ? true : this.#res;
  }

  /** Of a stream whose reader goes away, what its producer changed is saved all the same. */
  #watchClose(): void {
    if (this.#mode !== 'open' || this.#ended || this.#watchesClose) return;
    this.#watchesClose = true;
    if (isGone(this.#res)) this.#commitAfterClose();
    else this.#res.once('close', () => this.#commitAfterClose());
  }

  #commitAfterClose(): void {
    if (this.#mode !== 'open' || this.#ended) return;
    this.#ended = true;
    const settled = this.#commit();
    if (settled instanceof Promise) settled.catch((error: unknown) => this.#keeper.report(error));
  }
}

const NO_OTHERS: readonly CommitHooks[] = [];

/** A throw is a rejection: nobody who asks for an output may be hit by the commit. */
function committed(keeper: CommitHooks): unknown {
  try {
    return keeper.commit();
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Where the response is full it emits `drain` by itself, in Node 26 within the same tick: its listeners must be in place
 * immediately. Otherwise `drain` is emitted in the next tick.
 */
function releaseDrain(drain: HeldDrain, drained: boolean): void {
  if (drained) process.nextTick(() => drain.release(true));
  else drain.release(false);
}

/** Whether the client has left. */
export function isGone({
  destroyed,
  closed,
  stream,
  socket,
}: ServerResponse & { readonly stream?: { destroyed: boolean } }): boolean {
  return (
    destroyed || closed || stream?.destroyed === true || (stream === undefined && socket?.writable === false)
  );
}
