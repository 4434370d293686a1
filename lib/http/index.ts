/**
 * Sessions for Express and plain `node:http`, without Nest.
 *
 * @module nest-session/http
 */
export type { CookieOptions } from '../cookie/cookie-options.js';
export type { Secret } from '../cookie/cookie-signature.js';
export type { Clock } from '../core/util/clock.js';
export type { Awaitable } from '../core/util/awaitable.js';
export { days, hours, minutes, seconds } from '../core/util/clock.js';
export type { SessionLifetime } from '../core/session/session-lifetime.js';
export type { SessionCookie } from '../core/session/session-cookie.js';
export { SessionError, type SessionErrorCode } from '../core/errors.js';
export type { SessionEvent, SessionEventListener } from '../core/session-event.js';
export type { SessionId, SessionKey } from '../core/session-id.js';
export type {
  AttributeName,
  LoginOptions,
  RecordedDevice,
  RegenerateOptions,
  SessionCallback,
  SessionControls,
  SessionData,
  SessionDevice,
  SessionUpdate,
  UserSession,
} from '../core/session/user-session.js';
export {
  applyPatch,
  decodeRecord,
  encodeRecord,
  isChange,
  type AttributeChange,
  type SessionPatch,
  type SessionRecord,
} from '../core/store/session-record.js';
export { SessionRegistry } from '../core/registry/session-registry.js';
export type { SessionInfo } from '../core/registry/session-info.js';
export type { SessionInfoPage } from '../core/registry/session-pages.js';
export type { SessionSnapshot } from '../core/registry/session-snapshot.js';
export {
  SessionStore,
  type Conflict,
  type Evicted,
  type ExpirySweeper,
  type PrincipalIndex,
  type PrincipalLimit,
  type StoredSession,
  type WriteTerms,
} from '../core/store/session-store.js';
export type {
  ExpiryClaims,
  SessionEpochs,
  SessionLimits,
  SessionPage,
  SessionScan,
  StoreNotices,
} from '../core/store/store-powers.js';
export { MemorySessionStore, type MemoryStoreOptions } from '../stores/memory/memory-session-store.js';
export { getSession, loadSession } from './get-session.js';
export type { Next } from './handler-hooks.js';
export {
  sessionMiddleware,
  type SessionMiddleware,
  type SessionMiddlewareOptions,
} from './session-middleware.js';
export { sessionPolicy, type SessionPolicy } from './session-policy.js';
export { sessionRegistry, type SessionRegistryOptions } from './session-registry.js';
export type { ClearSiteDataType } from './clear-site-data.js';
export type { CredentialStampOptions } from './credential-stamp-options.js';
export type {
  AnyStore,
  CallbackStore,
  OnStoreError,
  SessionLimit,
  SessionOptions,
  SessionTimeouts,
  TimeoutProfile,
} from './session-options.js';
export { truncatedAddress } from './truncated-address.js';
