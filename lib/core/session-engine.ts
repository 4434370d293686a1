import { andThen } from './answers.js';
import type { EngineOptions, EngineParts } from './engine-options.js';
import { KeyedQueue } from './keyed-queue.js';
import type { OpenRequest } from './open-request.js';
import { OpenSession } from './open-session.js';
import type { Answer } from './session-store.js';
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
  open(request: OpenRequest): Answer<OpenSession> {
    if (request.candidates.length === 0) return this.#fresh(request);
    try {
      const found = this.#find(request, 0);
      return found instanceof Promise
        ? found.catch((error: unknown) => this.#without(request, error))
        : found;
    } catch (error) {
      return this.#without(request, error);
    }
  }

  #find(request: OpenRequest, index: number): Answer<OpenSession> {
    const candidate = request.candidates[index];
    if (candidate === undefined) return this.#fresh(request);
    return andThen(this.#parts.store.load(this.#parts.store.keyOf(candidate.id)), (record) =>
      record === null || isOver(record, this.#parts, request)
        ? this.#find(request, index + 1)
        : new OpenSession(this.#parts, request, { candidate, record }),
    );
  }

  #without(request: OpenRequest, error: unknown): OpenSession {
    if (!isStoreFailure(error) || !request.goesOnWithout()) throw error;
    return this.#fresh(request).withoutStore(error);
  }

  #fresh(request: OpenRequest): OpenSession {
    return new OpenSession(this.#parts, request, null);
  }
}
