import type { ServerResponse } from 'node:http';

/** An output method of a response, held back with the arguments that it was called with. */
export interface HeldCall {
  readonly method: 'writeHead' | 'write' | 'end' | 'flushHeaders';
  readonly args: readonly unknown[];
}

const HEADER_METHODS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const;

/**
 * Makes a response whose head is held back look as if it were out: `headersSent` says so, headers can no longer be
 * changed, the status is fixed. Frameworks that look before they send then do not send twice.
 */
export class HeldHead {
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #message: string | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#status = res.statusCode;
    // HTTP/2 has no reason phrase and warns when asked for one.
    this.#message = Object.hasOwn(res, 'statusMessage') ? res.statusMessage : undefined;
    shadow(res, 'headersSent', () => true);
    for (const method of HEADER_METHODS) shadow(res, method, () => refuseHeader);
  }

  /** The last output has been asked for: nothing more is to come. */
  end(): void {
    shadow(this.#res, 'writableEnded', () => true);
  }

  /** Shows the response as it is again, with the status that was fixed. */
  release(): void {
    for (const name of ['headersSent', 'writableEnded', ...HEADER_METHODS])
      Reflect.deleteProperty(this.#res, name);
    this.#res.statusCode = this.#status;
    if (this.#message !== undefined) this.#res.statusMessage = this.#message;
  }
}

function shadow(res: ServerResponse, name: string, get: () => unknown): void {
  Object.defineProperty(res, name, { get, configurable: true });
}

function refuseHeader(): never {
  throw Object.assign(new Error('Cannot change headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  });
}
