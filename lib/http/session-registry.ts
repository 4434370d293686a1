import { randomBytes } from 'node:crypto';
import { cursorKeys } from '../cookie/secrets.js';
import { SessionRegistry } from '../core/registry/session-registry.js';
import type { EventSink } from '../core/session-event.js';
import { describeWithoutText } from '../core/util/describe-value.js';
import { checkSessionName, configError } from './check-options.js';
import { PROCESS_WARNINGS } from './event-reporter.js';
import { RequestCookies } from './request-cookies.js';
import { DEFAULT_SESSION } from './request-properties.js';
import { resolveSessionOptions } from './resolve-options.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';
import { isOptions, type AnyStore } from './session-options.js';
import { reporterOf } from './session-notices.js';
import type { SessionMiddlewareOptions } from './session-middleware.js';

/**
 * Options of {@link sessionRegistry}: those of the middleware whose sessions it lists and ends. Pass at least
 * `store`, and `sessionName`, `timeouts`, `cookie` and `onEvent` where the middleware has them. No `secret`
 * is needed.
 */
export interface SessionRegistryOptions extends Partial<SessionMiddlewareOptions> {
  /** The store of the sessions. */
  readonly store: AnyStore;
}

/**
 * The registry of the sessions in a store: lists and ends the sessions of a user. For scripts, jobs and
 * applications without Nest. In Nest, inject `SessionRegistry`.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` without a store, and for an option that is unknown or invalid.
 * @example
 * ```ts
 * import { sessionRegistry } from 'nest-session/http';
 * import { RedisSessionStore } from 'nest-session/redis';
 *
 * const registry = sessionRegistry({ store: new RedisSessionStore({ url: 'redis://localhost:6379' }) });
 * await registry.revokeAll('user-7');
 * ```
 */
export function sessionRegistry(options: SessionRegistryOptions): SessionRegistry {
  const { sessionName, ...given } = isOptions(options) ? options : ({} as SessionRegistryOptions);
  checkSessionName(sessionName);
  if (given.store === undefined) {
    throw configError(
      `sessionRegistry needs the option store, the one of your sessions, got ${describeWithoutText(options)}.`,
    );
  }
  // The registry signs nothing.
  const { secret = randomBytes(32) } = given;
  const resolved = resolveSessionOptions({ ...given, secret });
  const name = sessionName ?? DEFAULT_SESSION;
  return registryOf(resolved, name, reporterOf(resolved, name, PROCESS_WARNINGS));
}

/** The registry of one session name, by resolved options. It reports what it ends to `sink`. */
export function registryOf(
  options: ResolvedSessionOptions,
  sessionName: string,
  sink: EventSink,
): SessionRegistry {
  const { store, givenStore, storeTimeoutMs, clock } = options;
  const cookies = new RequestCookies(options).fixed;
  return new SessionRegistry({
    store,
    givenStore,
    storeTimeoutMs,
    clock,
    lifetimes: options,
    cookies,
    realm: sessionName,
    sink,
    cursorKeys: cursorKeys(options.secrets, sessionName),
  });
}
