import { opaqueError, resetHead } from './error-response.js';
import type { HeldOutput } from './held-output.js';
import type { OutputMethod } from './output-methods.js';
import type { RawResponse } from './raw-response.js';
import { readHead } from './write-head.js';

/** How long an application may take to respond to a failed commit. Some ignore an error that comes late. */
const LONGEST_WAIT_MS = 5000;

/** What happens to the next output. */
type FailedState =
  | 'waiting' // It begins the error response of the application.
  | 'replaced' // It is sent, as a part of the error response.
  | 'ended' // It is sent, except a second end.
  | 'dropping' // It is dropped.
  | 'end-dropped'; // It is dropped, as output after the end.

/** A response whose commit has failed: it is replaced by an error response, or cut. */
export class FailedResponse {
  readonly #raw: RawResponse;
  readonly #held: HeldOutput;
  #state: FailedState;
  /** The lowest status that is accepted from the application, and the one that replaces any other. */
  #least = { accepted: 500, otherwise: 503 };

  constructor(raw: RawResponse, held: HeldOutput, isEnded: boolean) {
    this.#raw = raw;
    this.#held = held;
    this.#state = isEnded ? 'end-dropped' : 'dropping';
  }

  /** Destroys a response of which bytes were sent, so that no client takes it for complete. */
  cut(error: unknown): void {
    this.#held.drop(error);
    this.#raw.res.destroy();
    this.#raw.first.report(error);
  }

  /** Replaces a response of which nothing was sent. The application does so if its response is complete. */
  replace(error: unknown): void {
    const { res, first } = this.#raw;
    if (this.#raw.isHeadOut) return this.cut(error);
    this.#held.drop(error);
    const status = first.statusOf(error);
    // A refused login is an error of the client.
    if (status < 500) this.#least = { accepted: 400, otherwise: status };
    resetHead(res, status);
    this.#state = 'waiting';
    // Only the cookies of ids that the store holds.
    this.#raw.headers = 'optional';
    if (!this.#held.hasEnd) {
      this.#respondOpaquely(res.statusCode);
      return first.report(error);
    }
    this.#held.releaseDrain();
    if (first.answer(error)) this.#respondLater(res.statusCode);
    else this.#respondOpaquely(res.statusCode);
  }

  output(method: OutputMethod, args: readonly unknown[]): unknown {
    const raw = this.#raw;
    const isEnd = method === 'end';
    if (isEnd && this.#state !== 'ended' && this.#state !== 'end-dropped') raw.check('end', args[0]);
    switch (this.#state) {
      case 'waiting':
        return this.#begin(method, args);
      case 'replaced':
        if (isEnd) this.#state = 'ended';
        return raw.send(method, args);
      case 'ended':
        return isEnd ? raw.drop(method, args, true) : raw.send(method, args);
      case 'dropping':
        if (isEnd) this.#state = 'end-dropped';
        return raw.drop(method, args, false);
      case 'end-dropped':
        return raw.drop(method, args, true);
    }
  }

  /** The error response of the application begins. It is replaced if its status is no error. */
  #begin(method: OutputMethod, args: readonly unknown[]): unknown {
    const raw = this.#raw;
    const status = method === 'writeHead' ? readHead(args).status : raw.res.statusCode;
    if (status < this.#least.accepted) {
      this.#respondOpaquely(this.#least.otherwise);
      return raw.drop(method, args, false);
    }
    if (!raw.res.hasHeader('Cache-Control')) raw.res.setHeader('Cache-Control', 'no-store');
    this.#state = 'replaced';
    raw.isHeadOut = true;
    return raw.send(method, args);
  }

  #respondLater(status: number): void {
    const timer = setTimeout(() => {
      if (this.#state === 'waiting') this.#respondOpaquely(status);
    }, LONGEST_WAIT_MS);
    timer.unref();
    this.#raw.res.once('close', () => clearTimeout(timer));
  }

  /** Sends an error response without details. What follows is dropped. */
  #respondOpaquely(status: number): void {
    this.#state = 'replaced';
    this.#raw.send('end', [opaqueError(this.#raw.res, status)]);
    this.#state = 'dropping';
    this.#held.emitDrain();
  }
}
