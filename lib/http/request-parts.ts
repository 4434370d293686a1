import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OptionsCookieFactory } from '../cookie/session-cookie-factory.js';
import type { SignatureCache } from '../cookie/signature-cache.js';
import type { FoundOrFailed, SessionEngine } from '../core/session/session-engine.js';
import type { SessionStore } from '../core/store/session-store.js';
import type { Awaitable } from '../core/util/awaitable.js';

/** What all requests of one middleware share. */
export interface RequestParts {
  readonly engine: SessionEngine;
  readonly ids: SignatureCache;
  readonly store: SessionStore;
  readonly sessionName: string;
  readonly cookieName: string;
  readonly unset: 'keep' | 'destroy';
  readonly saveOnError: boolean;
  /** The value of the header `Clear-Site-Data` of a logout; `null` for none. */
  readonly clearSiteData: string | null;
  /** Responds with an error if a session could not be saved. `false` if it cannot. Never throws. */
  readonly respondWithError: (error: unknown, request: Pick<RequestFacts, 'req' | 'res' | 'next'>) => boolean;
  /** Reports an error that no response can carry any more. Never throws. */
  readonly report: (error: unknown) => void;
  /** Called with a commit that has not settled yet. */
  readonly underWay: (commit: Promise<unknown>) => void;
  /** Called when a session is not saved because its cookie cannot be sent. */
  readonly undeliverable: () => void;
  /** Called when a cookie is sent without attributes that its options require. */
  readonly leftOut: (attributes: readonly string[]) => void;
}

/** How to find a session that is loaded lazily, and the load under way. */
export interface LazySession {
  readonly find: () => Awaitable<FoundOrFailed>;
  readonly loading: Promise<void> | null;
}

/** The facts of one request that its session needs. */
export interface RequestFacts {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
  readonly cookies: OptionsCookieFactory;
  /** The client sent a cookie of this name, valid or not. */
  readonly presented: boolean;
  /** The connection is secure. */
  readonly isSecure: boolean;
}
