import type { ServerResponse } from 'node:http';
import { commitAll, type CommitHooks } from './commit-hooks.js';
import { FailedResponse } from './failed-response.js';
import { HeldOutput } from './held-output.js';
import { headersSent } from './held-response.js';
import type { GateState } from './gate-state.js';
import { GATE, type OutputMethod } from './output-methods.js';
import { isGone, RawResponse } from './raw-response.js';

type Args = readonly unknown[];
type Gated = ServerResponse & { [GATE]?: ResponseGate };

/**
 * Holds a response back until its session is stored.
 *
 * The first output starts a commit. Until it has settled, the gate holds all output in order, and the head
 * looks sent; `write` returns `false`, and `drain` follows. Then the output is sent, or dropped if the commit
 * failed. One gate serves all frameworks, since all of them call the output methods of Node's response.
 */
export class ResponseGate {
  readonly #raw: RawResponse;
  #state: GateState = 'new';
  #held: HeldOutput | null = null;
  #failed: FailedResponse | null = null;

  /** The gate of a response. The first session of a request creates it. */
  static at(res: ServerResponse, session: CommitHooks): ResponseGate {
    const gate = (res as Gated)[GATE];
    if (gate === undefined) return ((res as Gated)[GATE] = new ResponseGate(res, session));
    gate.#raw.sessions = [...gate.#raw.sessions, session];
    return gate;
  }

  /** Whether the application has ended a response whose end is held: its `writableEnded` is still `false`. */
  static holdsEnd(res: ServerResponse): boolean {
    const gate = (res as Gated)[GATE];
    return gate !== undefined && gate.#state === 'end-held';
  }

  /** Calls `step` once the sessions are stored and the head is sent; never where the response has no gate. */
  static onHead(res: ServerResponse, step: () => void): void {
    const gate = (res as Gated)[GATE];
    if (gate !== undefined) gate.#raw.onHead = [...(gate.#raw.onHead ?? []), step];
  }

  private constructor(res: ServerResponse, session: CommitHooks) {
    this.#raw = new RawResponse(res, session);
  }

  /** Whether a header can still reach the client. */
  get canSendHeaders(): boolean {
    return !this.#raw.isHeadOut && !isGone(this.#raw.res);
  }

  /** Whether the application has begun to respond. */
  get hasBegun(): boolean {
    return this.#state !== 'new' || this.#raw.isHeadOut;
  }

  /** Called for each output of the response. */
  output(method: OutputMethod, args: Args): unknown {
    const raw = this.#raw;
    if (method === 'flushHeaders' && this.#state === 'new' && this.#held === null) {
      // As Node does. All wrappers of `writeHead` set their headers before the head is held.
      raw.res.writeHead(raw.res.statusCode);
    }
    const isEnd = method === 'end';
    if (isEnd && (this.#state === 'streaming' || this.#state === 'committed')) raw.check('end', args[0]);
    switch (this.#state) {
      case 'new':
        return method === 'writeHead' ? this.#holdHead(args) : this.#begin(method, args);
      case 'holding':
        return method === 'writeHead' ? this.#holdHead(args) : this.#hold(method, args);
      case 'end-held':
        return raw.drop(method, args, true);
      case 'streaming':
        return isEnd ? this.#commitEnd(args) : raw.send(method, args);
      case 'committed':
        if (isEnd) this.#state = 'ended';
        return raw.send(method, args);
      case 'ended':
        return isEnd ? raw.drop(method, args, true) : raw.send(method, args);
      case 'failed':
        return this.#failed!.output(method, args);
    }
  }

  /** `writeHead` sends nothing: the commit starts with the next output, or in the next turn. */
  #holdHead(args: Args): ServerResponse {
    const { res, isHeadOut } = this.#raw;
    if (this.#held !== null || isHeadOut) throw headersSent('write headers');
    this.#held = new HeldOutput(res).addHead(args);
    setImmediate(() => {
      if (this.#state === 'new') this.#releaseAfter(commitAll(this.#raw.sessions), false);
    });
    return res;
  }

  /** The first output: commits, and holds the output unless the commit settles synchronously. */
  #begin(method: OutputMethod, args: Args): unknown {
    const raw = this.#raw;
    const isEnd = method === 'end';
    raw.check(method, args[0], this.#held !== null);
    if (isEnd) this.#state = 'end-held'; // An end that the commit itself calls is a second one.
    const commit = commitAll(raw.sessions);
    if (commit instanceof Promise) {
      this.#held ??= new HeldOutput(raw.res);
      this.#releaseAfter(commit, isEnd);
      return this.#hold(method, args);
    }
    if (this.#held !== null) {
      this.#held.add(method, args);
      this.#release(isEnd);
      return method === 'write' ? !raw.res.writableNeedDrain : raw.res;
    }
    this.#state = isEnd ? 'ended' : 'streaming';
    raw.beginHead();
    try {
      return raw.send(method, args);
    } catch (error) {
      // The application catches this, and must be able to respond.
      this.#state = 'streaming';
      raw.isHeadOut = raw.res.headersSent;
      throw error;
    } finally {
      if (this.#state === 'streaming') this.#watchClose();
    }
  }

  #releaseAfter(commit: unknown, isEndCommitted: boolean): void {
    if (!(commit instanceof Promise)) return this.#release(isEndCommitted);
    this.#state = 'holding';
    commit.then(
      () => this.#release(isEndCommitted),
      (error: unknown) => this.#fail(this.#held!).replace(error),
    );
  }

  #hold(method: OutputMethod, args: Args): unknown {
    this.#raw.check(method, args[0], true);
    if (method === 'end') this.#state = 'end-held';
    return this.#held!.hold(method, args);
  }

  /** The session is stored: sends all that was held. */
  #release(isEndCommitted: boolean): void {
    const raw = this.#raw;
    const held = this.#held!;
    this.#held = null;
    held.showHead();
    this.#state = held.hasEnd ? 'ended' : 'streaming';
    if (!raw.isHeadOut) raw.beginHead();
    try {
      held.replay((method, args) =>
        method === 'end' && !isEndCommitted ? this.#commitEnd(args) : raw.send(method, args),
      );
    } catch (error) {
      return this.#fail(held).cut(error);
    }
    if (this.#state === 'streaming') this.#watchClose();
  }

  /** The end of a stream: stores what changed since the first output before the response is complete. */
  #commitEnd(args: Args): unknown {
    const raw = this.#raw;
    this.#state = 'ended';
    const commit = commitAll(raw.sessions);
    if (!(commit instanceof Promise)) return raw.send('end', args);
    this.#state = 'end-held';
    const held = (this.#held = new HeldOutput(raw.res).add('end', args));
    commit.then(
      () => this.#release(true),
      (error: unknown) => this.#fail(held).cut(error),
    );
    return raw.res;
  }

  #fail(held: HeldOutput): FailedResponse {
    const isEnded = this.#state === 'ended' || this.#state === 'end-held';
    this.#state = 'failed';
    return (this.#failed = new FailedResponse(this.#raw, held, isEnded));
  }

  /** Commits a stream also if its client leaves. */
  #watchClose(): void {
    const raw = this.#raw;
    const onClose = (): void => {
      if (this.#state !== 'streaming') return;
      this.#state = 'committed';
      const commit = commitAll(raw.sessions);
      if (commit instanceof Promise) commit.catch((error: unknown) => raw.first.report(error));
    };
    if (isGone(raw.res)) onClose();
    else raw.res.once('close', onClose);
  }
}
