import type { ServerResponse } from 'node:http';
import type { Secret } from '../cookie/cookie-signature.js';
import { isSecureRequest } from '../http/request-facts.js';
import { isGone } from '../http/response/raw-response.js';
import { isNodeResponse } from '../http/response/ungated-response.js';
import type { Session, SessionedRequest } from '../stores/express-session/session.js';
import type { EndFacts } from './end-plan.js';
import type { ResolvedExpressOptions } from './express-options.js';
import { textOf } from './session-json.js';
import type { SessionWrites } from './session-writes.js';

/** What one call of the middleware works on. */
export interface MiddlewareCall {
  readonly req: SessionedRequest;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
  readonly options: ResolvedExpressOptions;
  readonly secrets: readonly Secret[];
  readonly writes: SessionWrites;
  /** The id in the request's cookie. */
  readonly sentId: string | undefined;
}

/** The facts of one response. Getters read the current state of the request, fields are set by the commit. */
export class CurrentFacts implements EndFacts {
  readonly #call: MiddlewareCall;
  readonly #startId: string | undefined;
  readonly #startText: string;
  readonly isNew: boolean;
  isFirstOutput = false;
  isCookieDue = false;
  isDestroyed = false;
  isWritten = false;
  hasFailed = false;

  /** Reads the session as the application is about to get it. */
  constructor(call: MiddlewareCall, isNew: boolean) {
    this.#call = call;
    this.#startId = call.req.sessionID;
    this.#startText = textOf(call.req.session!);
    this.isNew = isNew;
  }

  get session(): EndFacts['session'] {
    const { session } = this.#call.req;
    if (session) return 'present';
    return session == null ? 'unset' : 'falsy';
  }

  get #session(): Session {
    return this.#call.req.session!;
  }

  get id(): EndFacts['id'] {
    const { sentId, req } = this.#call;
    if (typeof req.sessionID !== 'string') return 'not-a-string';
    return req.sessionID === sentId ? 'sent' : 'other';
  }

  get hasId(): boolean {
    return Boolean(this.#call.req.sessionID);
  }

  get isOwnIdSent(): boolean {
    return this.#call.sentId === this.#session.id;
  }

  get isModified(): boolean {
    return this.#startId !== this.#session.id || this.#startText !== textOf(this.#session);
  }

  get saved(): EndFacts['saved'] {
    const { writes } = this.#call;
    if (!writes.hasSaved) return 'nothing';
    return writes.isSaved(this.#session) ? 'same' : 'other';
  }

  get isStored(): boolean {
    return this.#call.writes.isStored(this.#call.req.sessionID);
  }

  get isPersistent(): boolean {
    return this.#session.cookie.expires != null;
  }

  get isDeliverable(): boolean {
    const { req, options } = this.#call;
    return !this.#session.cookie.secure || isSecureRequest(req, options.proxy, { ignoresProtocol: true });
  }

  get isClientGone(): boolean {
    return isNodeResponse(this.#call.res) && isGone(this.#call.res);
  }

  get hasThrown(): boolean {
    return this.#call.writes.hasThrown;
  }
}
