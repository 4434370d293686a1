/**
 * Server-side sessions for NestJS, on Express and on Fastify.
 *
 * @module nest-session
 */
export * from './http/index.js';
export { CurrentSession } from './nest/current-session.js';
export { OnSession, type SessionEventOf, type SessionEventType } from './nest/on-session.decorator.js';
export { Public } from './nest/public.decorator.js';
export { RequireLogin } from './nest/require-login.decorator.js';
export { RequireSession } from './nest/require-session.decorator.js';
export type { SessionDenial } from './nest/session-denial.js';
export type {
  RequireSessionOptions,
  SessionCondition,
  SessionRequirement,
} from './nest/session-requirement.js';
export {
  getCurrentSessionToken,
  getSessionMiddlewareToken,
  getSessionRegistryToken,
  getSessionStoreToken,
  SESSION_MIDDLEWARE,
} from './nest/session.constants.js';
export {
  CurrentPrincipal,
  InjectCurrentSession,
  InjectSessionRegistry,
  InjectSessionStore,
  Session,
  SessionId,
  type SessionDecorator,
  type SessionPipe,
  type SessionQuery,
} from './nest/session.decorator.js';
export { SessionActivity } from './nest/session-activity.decorator.js';
export { SessionGuard } from './nest/session.guard.js';
export type {
  RuntimeOptions,
  SessionModuleAsyncOptions,
  SessionModuleOptions,
  SessionOptionsFactory,
  SessionRegistration,
  SessionRoute,
  SessionStoreProvider,
} from './nest/session-module-options.js';
export { SessionModule } from './nest/session.module.js';
export type { SessionPath } from './nest/session-path.js';
