import { Logger, type MiddlewareConsumer } from '@nestjs/common';
import type { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { isStoreFailure } from '../core/errors.js';
import { ConnectionSessions } from '../http/connection-sessions.js';
import type { EventReporter } from '../http/event-reporter.js';
import type { ResolvedSessionOptions } from '../http/resolved-session-options.js';
import { SessionHandler } from '../http/session-handler.js';
import { CurrentRequest } from './current-request.js';
import { EarlyReads } from './early-reads.js';
import { bridgeFastify } from './fastify-bridge.js';
import { respondWithException } from './session-exceptions.js';
import type { SessionRegistration } from './session-module-options.js';
import { bindSocket } from './sockets/bound-socket.js';
import { observeGateways } from './sockets/gateway-adapter.js';

type Middleware = SessionHandler['handle'];
type HttpAdapter = HttpAdapterHost['httpAdapter'];

/** The session middleware of one module, and its place among the middleware of the application. */
export class SessionMount {
  readonly handler: SessionHandler;
  /** Several calls for one request load its session once. */
  readonly middleware: Middleware;
  /** The request that runs, for {@link CurrentSession}. */
  readonly requests = new CurrentRequest();
  readonly #registration: SessionRegistration;
  readonly #options: ResolvedSessionOptions;
  readonly #events: EventReporter;
  #connections: ConnectionSessions | null = null;
  readonly #earlyReads: EarlyReads | null;
  /** A testing module can make several applications, and only the first one is mounted early. */
  #mountedOn: HttpAdapter | null = null;

  constructor(options: ResolvedSessionOptions, registration: SessionRegistration, events: EventReporter) {
    const logger = new Logger('SessionModule');
    const { sessionName } = registration;
    const handler = (this.handler = new SessionHandler(options, {
      sessionName,
      answer: respondWithException(logger),
      report: (error) =>
        isStoreFailure(error) || logger.error('A session was not saved after its response had begun.', error),
      events,
    }));
    this.#registration = registration;
    this.#options = options;
    this.#events = events;
    this.#earlyReads = this.#isEarly ? null : new EarlyReads((line) => logger.warn(line));
    this.middleware = (req, res, next) => {
      this.#earlyReads?.check(req);
      handler.handle(req, res, this.requests.remember(req, next));
    };
  }

  /** The sessions of connections that outlive their request. Made where a first one needs it. */
  get connections(): ConnectionSessions {
    const { sessionName } = this.#registration;
    return (this.#connections ??= new ConnectionSessions({
      options: this.#options,
      handler: this.handler,
      events: this.#events,
      sessionName,
    }));
  }

  /** Waits for the commits under way, at most `limitMs`, and watches no connection any more. */
  async stop(limitMs: number): Promise<void> {
    await Promise.all([this.#connections?.close(), this.handler.settled(limitMs)]);
  }

  /** Called while Nest makes the providers. Gives the gateways of the application their sessions. */
  prepareGateways(config: ApplicationConfig, isNeeded: () => boolean): void {
    observeGateways(config, {
      isNeeded,
      connected: (client, args) => bindSocket(client, args, this.connections),
      run: ({ request }, step) => this.requests.run(request, step),
    });
  }

  get #isForAll(): boolean {
    const { forRoutes, exclude } = this.#registration;
    return forRoutes === undefined && exclude === undefined;
  }
  get #isEarly(): boolean {
    return this.#isForAll && this.#registration.mount !== 'module';
  }

  /**
   * Called while Nest makes the providers. The middleware that `main.ts` adds to the application comes later,
   * and finds the session.
   */
  prepare(host: HttpAdapterHost): void {
    // A testing module has no adapter yet. Before Nest 11.2 it cannot be waited for either.
    if (host.httpAdapter) this.#mountEarly(host);
    else (host as Partial<HttpAdapterHost>).init$?.subscribe(() => this.#mountEarly(host));
  }

  #mountEarly({ httpAdapter }: HttpAdapterHost): void {
    // An application context has none.
    if (!httpAdapter) return;
    if (this.#earlyReads === null) this.#mountOn(httpAdapter);
    else httpAdapter.use(this.#earlyReads.watch);
  }

  /** Called when Nest collects the middleware of its modules. */
  mount({ httpAdapter }: HttpAdapterHost, consumer: MiddlewareConsumer): void {
    if (this.#mountedOn === httpAdapter) return;
    if (this.#isForAll) return this.#mountOn(httpAdapter);
    bridge(httpAdapter);
    const { forRoutes = ['{*splat}'], exclude = [] } = this.#registration;
    consumer
      .apply(this.middleware)
      .exclude(...exclude)
      .forRoutes(...forRoutes);
  }

  #mountOn(httpAdapter: HttpAdapter): void {
    this.#mountedOn = httpAdapter;
    bridge(httpAdapter);
    httpAdapter.use(this.middleware);
  }
}

function bridge(httpAdapter: HttpAdapter): void {
  if (httpAdapter.getType() === 'fastify') bridgeFastify(httpAdapter.getInstance());
}
