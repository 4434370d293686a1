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
import { describeWithoutText } from '../core/util/describe-value.js';
import { seconds } from '../core/util/clock.js';
import { isStoreFailure, SessionError, type SessionEvent } from '../core/errors.js';
import { SweepTimer } from '../core/store/sweep-timer.js';
import { DEFAULT_SESSION } from '../http/request-properties.js';
import { memoryWarning } from '../http/describe-event.js';
import { SessionHandler } from '../http/session-handler.js';
import { checkSessionName } from '../http/check-options.js';
import { isOptions, type ResolvedSessionOptions } from '../http/session-options.js';
import { claimSession } from './claimed-sessions.js';
import { bridgeFastify } from './fastify-bridge.js';
import { RouteCheck } from './route-check.js';
import { answerWithException, logEvents } from './session-exceptions.js';
import type {
  SessionModuleAsyncOptions,
  SessionModuleOptions,
  SessionRegistration,
} from './session-module-options.js';
import {
  RESOLVED_SESSION_OPTIONS,
  SESSION_OPTIONS,
  SESSION_REGISTRATION,
  getSessionStoreToken,
} from './session.constants.js';
import { createOptionsProviders, createSessionProviders } from './session.providers.js';

/**
 * Sessions for a Nest application, on Express and on Fastify.
 *
 * Import it once, in the root module; several times with a `sessionName` each for several sessions side by side.
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
  readonly #sweeps: SweepTimer | null;
  #handler: SessionHandler | null = null;

  constructor(
    @Inject(RESOLVED_SESSION_OPTIONS) options: ResolvedSessionOptions,
    @Inject(SESSION_REGISTRATION) registration: SessionRegistration,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(RouteCheck) routes: RouteCheck,
  ) {
    this.#options = options;
    this.#registration = registration;
    this.#adapterHost = adapterHost;
    this.#routes = routes;
    const { store, clock, sweepEveryMs } = options;
    this.#sweeps = SweepTimer.of(store, clock, sweepEveryMs, (event) => this.#emit(event));
  }

  /**
   * Registers the session with options that are known now.
   *
   * @throws SessionError `ERR_SESSION_CONFIG`, when the application starts, for options that are missing, unknown or
   * contradict each other.
   */
  static forRoot(options: SessionModuleOptions): DynamicModule {
    const given: Partial<SessionModuleOptions> = isOptions(options) ? options : {};
    const { sessionName, isGlobal, forRoutes, exclude, imports, store, ...runtime } = given;
    const registration = { sessionName, isGlobal, forRoutes, exclude, imports } as SessionRegistration;
    return assemble(registration, store, [
      { provide: SESSION_OPTIONS, useValue: isOptions(options) ? runtime : options },
    ]);
  }

  /** Registers the session with options that other providers make. */
  static forRootAsync(options: SessionModuleAsyncOptions): DynamicModule {
    return assemble(options, options.store, createOptionsProviders(options));
  }

  /**
   * Mounted on the adapter itself, and not for routes: so neither a global prefix nor versions nor GraphQL decide
   * whether a request has a session.
   */
  configure(consumer: MiddlewareConsumer): void {
    const { httpAdapter } = this.#adapterHost;
    if (httpAdapter.getType() === 'fastify') bridgeFastify(httpAdapter.getInstance());
    const { sessionName, forRoutes, exclude } = this.#registration;
    const { name: cookieName, givenStore } = this.#options;
    claimSession(this.#adapterHost, {
      sessionName: sessionName ?? DEFAULT_SESSION,
      cookieName,
      store: givenStore,
    });
    const handler = (this.#handler = new SessionHandler(this.#options, {
      sessionName,
      answer: answerWithException(this.#logger),
      report: (error) =>
        isStoreFailure(error) ||
        this.#logger.error('A session was not saved, and its answer was under way.', error),
      log: logEvents(this.#logger),
      warn: (message) => this.#logger.warn(message),
    }));
    const middleware: SessionHandler['handle'] = (req, res, next) => handler.handle(req, res, next);
    if (forRoutes === undefined && exclude === undefined) httpAdapter.use(middleware);
    else
      consumer
        .apply(middleware)
        .exclude(...(exclude ?? []))
        .forRoutes(...(forRoutes ?? ['{*splat}']));
  }

  onModuleInit(): void {
    const { store, givenStore } = this.#options;
    const warning = memoryWarning(store);
    if (warning !== null) this.#logger.warn(warning);
    if (store !== givenStore) this.#logger.log(FOREIGN_STORE);
    this.#sweeps?.start();
  }

  /** An application without HTTP has no routes: a script or a worker need not have the global guards of main.ts. */
  onApplicationBootstrap(): void {
    if (this.#handler !== null) this.#routes.run();
  }

  /** An application without HTTP has no handler: there the event is logged only. */
  #emit(event: SessionEvent): void {
    if (this.#handler === null) logEvents(this.#logger)(event);
    else this.#handler.emit(event);
  }

  /** What is being saved for clients that have left is saved; those that wait for an answer the server waits for. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#sweeps?.stop();
    await this.#handler?.settled(LONGEST_SHUTDOWN_MS);
  }
}

/** Longest time that a shutdown waits for saves. */
const LONGEST_SHUTDOWN_MS = seconds(10);

const FOREIGN_STORE =
  'The session store was made for express-session: it writes whole sessions, so what several processes change in one ' +
  'session at the same moment can be lost. A SessionStore keeps it.';

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
    ],
    exports: [getSessionStoreToken(sessionName)],
  };
}

function checkRegistration({ sessionName, forRoutes, exclude }: SessionRegistration): void {
  checkSessionName(sessionName);
  for (const [option, routes] of Object.entries({ forRoutes, exclude })) {
    if (routes === undefined || Array.isArray(routes)) continue;
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `The option ${option} must be an array of routes, got ${describeWithoutText(routes)}.`,
    );
  }
}
