import type { EngineOptions, EngineParts } from './engine-options.js';
import { KeyedQueue } from './keyed-queue.js';
import type { OpenRequest } from './open-request.js';
import { OpenSession } from './open-session.js';
import { isStoreFailure } from './session-error.js';
import { isOver } from './session-state.js';
import { guardStore } from './store-calls.js';

/** Opens sessions. What comes of one afterwards, {@link OpenSession} knows. */
export class SessionEngine {
  readonly #parts: EngineParts;

  constructor(options: EngineOptions) {
    this.#parts = { ...options, store: guardStore(options.store, options), conflicts: new KeyedQueue() };
  }

  /**
   * The session of the first candidate that a store knows and that is not over; else a fresh one, at once. An
   * unknown id is never adopted. Where the store fails and the request can live without, an unavailable one.
   *
   * @throws SessionError `ERR_SESSION_STORE`
   */
  open(request: OpenRequest): OpenSession | Promise<OpenSession> {
    return request.candidates.length === 0 ? this.#fresh(request) : this.#find(request);
  }

  async #find(request: OpenRequest): Promise<OpenSession> {
    try {
      for (const candidate of request.candidates) {
        const record = await this.#parts.store.load(this.#parts.store.keyOf(candidate.id));
        if (record !== null && !isOver(record, this.#parts, request)) {
          return new OpenSession(this.#parts, request, { candidate, record });
        }
      }
      return this.#fresh(request);
    } catch (error) {
      if (!isStoreFailure(error) || !request.goesOnWithout()) throw error;
      return this.#fresh(request).withoutStore(error);
    }
  }

  #fresh(request: OpenRequest): OpenSession {
    return new OpenSession(this.#parts, request, null);
  }
}
