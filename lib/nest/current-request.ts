import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { Next } from '../http/handler-hooks.js';

/** The request that the running code serves, for providers without access to it. */
export class CurrentRequest {
  /** `null` until something needs it: an application that never does pays nothing. */
  #storage: AsyncLocalStorage<IncomingMessage> | null = null;

  /** `undefined` where the code runs in no request. */
  get request(): IncomingMessage | undefined {
    return this.#storage?.getStore();
  }

  /** Whether requests are remembered. */
  get isEnabled(): boolean {
    return this.#storage !== null;
  }

  /** From now on requests are remembered. */
  enable(): void {
    this.#storage ??= new AsyncLocalStorage();
  }

  /** Runs a step of a connection in its request: of a message, for example. */
  run<T>(req: IncomingMessage, step: () => T): T {
    return this.#storage === null ? step() : this.#storage.run(req, step);
  }

  /** A `next` that runs all code after it in this request. */
  remember(req: IncomingMessage, next: Next): Next {
    const storage = this.#storage;
    return storage === null ? next : (error) => storage.run(req, () => next(error));
  }
}
