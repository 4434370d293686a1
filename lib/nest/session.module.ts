import {
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { describeValue, describeWithoutText } from '../core/util/describe-value.js';
import { seconds } from '../core/util/clock.js';
import { ExpirySweep } from '../core/registry/expiry-sweep.js';
import { DEFAULT_SESSION } from '../http/request-properties.js';
import type { EventReporter } from '../http/event-reporter.js';
import { checkSessionName, configError } from '../http/check-options.js';
import type { ResolvedSessionOptions } from '../http/resolved-session-options.js';
import { isOptions } from '../http/session-options.js';
import { claimSession } from './claimed-sessions.js';
import { FirstGuards } from './first-guards.js';
import { RouteCheck } from './route-check.js';
import { SessionListeners } from './session-listeners.js';
import { SessionMount } from './session-mount.js';
import type {
  SessionModuleAsyncOptions,
  SessionModuleOptions,
  SessionRegistration,
} from './session-module-options.js';
import { expiryWarning, logStart } from './startup-log.js';
import {
  RESOLVED_SESSION_OPTIONS,
  SESSION_EVENTS,
  SESSION_MOUNT,
  SESSION_OPTIONS,
  SESSION_REGISTRATION,
  getCurrentSessionToken,
  getSessionMiddlewareToken,
  getSessionRegistryToken,
  getSessionStoreToken,
} from './session.constants.js';
import { GatewayCheck } from './sockets/gateway-check.js';
import { createOptionsProviders, createSessionProviders } from './session.providers.js';

/**
 * Sessions for a Nest application, on Express and on Fastify.
 *
 * Import it once, in the root module. For several sessions, import it once for each with its own
 * `sessionName`.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { SessionModule } from 'nest-session';
 *
 * @Module({ imports: [SessionModule.forRoot({ secret: process.env.SESSION_SECRET! })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class SessionModule
  implements NestModule, OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  readonly #logger = new Logger('SessionModule');
  readonly #options: ResolvedSessionOptions;
  readonly #registration: SessionRegistration;
  readonly #adapterHost: HttpAdapterHost;
  readonly #routes: RouteCheck;
  readonly #guards: FirstGuards;
  readonly #events: EventReporter;
  readonly #listeners: SessionListeners;
  readonly #sweeps: ExpirySweep | null;
  readonly #mount: SessionMount;
  #hasRoutes = false;

  constructor(
    @Inject(RESOLVED_SESSION_OPTIONS) options: ResolvedSessionOptions,
    @Inject(SESSION_REGISTRATION) registration: SessionRegistration,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(RouteCheck) routes: RouteCheck,
    @Inject(FirstGuards) guards: FirstGuards,
    @Inject(SESSION_EVENTS) events: EventReporter,
    @Inject(SessionListeners) listeners: SessionListeners,
    @Inject(SESSION_MOUNT) mount: SessionMount,
  ) {
    this.#options = options;
    this.#registration = registration;
    this.#adapterHost = adapterHost;
    this.#routes = routes;
    this.#guards = guards;
    this.#events = events;
    this.#listeners = listeners;
    this.#mount = mount;
    const { store, clock, sweepEveryMs: everyMs } = options;
    const { sessionName = DEFAULT_SESSION } = registration;
    this.#sweeps = ExpirySweep.of({ store, clock, everyMs, sessionName, sink: events });
  }

  /**
   * Registers the session with the given options.
   *
   * @throws SessionError `ERR_SESSION_CONFIG` at startup, for options that are missing, unknown or contradict
   * each other.
   */
  static forRoot(options: SessionModuleOptions): DynamicModule {
    const given: Partial<SessionModuleOptions> = isOptions(options) ? options : {};
    const { sessionName, isGlobal, mount, forRoutes, exclude, imports, store, ...runtime } = given;
    const registration = { sessionName, isGlobal, mount, forRoutes, exclude, imports } as SessionRegistration;
    return assemble(registration, store, [
      { provide: SESSION_OPTIONS, useValue: isOptions(options) ? runtime : options },
    ]);
  }

  /** Registers the session with options from other providers. */
  static forRootAsync(options: SessionModuleAsyncOptions): DynamicModule {
    return assemble(options, options.store, createOptionsProviders(options));
  }

  /**
   * Without `forRoutes` and `exclude` the middleware is mounted on the adapter, so that every request has a
   * session, whatever the global prefix, versioning and GraphQL. By default that has happened before.
   */
  configure(consumer: MiddlewareConsumer): void {
    this.#guards.add(this.#mount);
    const { sessionName } = this.#registration;
    const { name: cookieName, givenStore } = this.#options;
    claimSession(this.#adapterHost, {
      sessionName: sessionName ?? DEFAULT_SESSION,
      cookieName,
      store: givenStore,
    });
    this.#hasRoutes = true;
    this.#mount.mount(this.#adapterHost, consumer);
  }

  onModuleInit(): void {
    logStart(this.#logger, this.#options);
  }

  onApplicationBootstrap(): void {
    const listeners = this.#listeners.find();
    for (const { call, types } of listeners) this.#events.listen(call, types);
    const warning = listeners.some(({ types }) => types.has('expired')) ? expiryWarning(this.#options) : null;
    if (warning !== null) this.#logger.warn(warning);
    this.#sweeps?.start();
    // A script or a worker without HTTP has no routes, and may lack the global guards of main.ts.
    if (this.#hasRoutes) this.#routes.run();
  }

  /** Waits for the commits of clients that have disconnected. The server itself waits for open requests. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.#sweeps?.stop(), this.#mount.stop(LONGEST_SHUTDOWN_MS)]);
  }
}

/** Longest time that a shutdown waits for commits. */
const LONGEST_SHUTDOWN_MS = seconds(10);

function assemble(
  registration: SessionRegistration,
  store: SessionModuleOptions['store'],
  options: Provider[],
): DynamicModule {
  const { sessionName, isGlobal = true, imports = [] } = registration;
  checkRegistration(registration);
  return {
    module: SessionModule,
    global: isGlobal,
    imports,
    providers: [
      ...options,
      ...createSessionProviders(sessionName, store),
      { provide: SESSION_REGISTRATION, useValue: registration },
      RouteCheck,
      GatewayCheck,
      FirstGuards,
      SessionListeners,
    ],
    exports: [
      getSessionStoreToken(sessionName),
      getSessionRegistryToken(sessionName),
      getSessionMiddlewareToken(sessionName),
      getCurrentSessionToken(sessionName),
    ],
  };
}

function checkRegistration({ sessionName, mount, forRoutes, exclude }: SessionRegistration): void {
  checkSessionName(sessionName);
  if (mount !== undefined && mount !== 'early' && mount !== 'module')
    throw configError(`The option mount must be "early" or "module", got ${describeValue(mount)}.`);
  if (mount === 'early' && (forRoutes ?? exclude) !== undefined)
    throw configError('The option mount "early" is for all routes. Remove it, or forRoutes and exclude.');
  for (const [option, routes] of Object.entries({ forRoutes, exclude })) {
    if (routes === undefined || Array.isArray(routes)) continue;
    throw configError(`The option ${option} must be an array of routes, got ${describeWithoutText(routes)}.`);
  }
}
