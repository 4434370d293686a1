import { Logger, Scope, type Provider, type Type } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { describeWithoutText } from '../core/util/describe-value.js';
import { checkStore, configError } from '../http/check-options.js';
import type { EventReporter } from '../http/event-reporter.js';
import { DEFAULT_SESSION } from '../http/request-properties.js';
import { defaultStore, resolveSessionOptions } from '../http/resolve-options.js';
import type { ResolvedSessionOptions } from '../http/resolved-session-options.js';
import { isOptions, type AnyStore } from '../http/session-options.js';
import { reporterOf } from '../http/session-notices.js';
import { registryOf } from '../http/session-registry.js';
import { CurrentSession } from './current-session.js';
import { logEvents } from './session-exceptions.js';
import { SessionMount } from './session-mount.js';
import type {
  RuntimeOptions,
  SessionModuleAsyncOptions,
  SessionModuleOptions,
  SessionOptionsFactory,
  SessionRegistration,
} from './session-module-options.js';
import { GatewayCheck } from './sockets/gateway-check.js';
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

type StoreChoice = SessionModuleOptions['store'];

/**
 * Providers of the store and the registry under their tokens, of the reporter of events, and of the resolved
 * options, which contain the store.
 */
export function createSessionProviders(sessionName: string | undefined, store: StoreChoice): Provider[] {
  const token = getSessionStoreToken(sessionName);
  return [
    createStoreProvider(token, store),
    {
      provide: RESOLVED_SESSION_OPTIONS,
      inject: [SESSION_OPTIONS, token],
      useFactory: (options: RuntimeOptions, provided: AnyStore | null | undefined) => {
        if (store !== undefined && options?.store !== undefined) throw twoStores();
        if (provided == null) throw noStore(provided);
        return resolveSessionOptions(isOptions(options) ? { ...options, store: provided } : options);
      },
    },
    {
      provide: SESSION_EVENTS,
      inject: [RESOLVED_SESSION_OPTIONS, SESSION_REGISTRATION],
      useFactory: createReporter,
    },
    {
      provide: getSessionRegistryToken(sessionName),
      inject: [RESOLVED_SESSION_OPTIONS, SESSION_EVENTS],
      useFactory: (options: ResolvedSessionOptions, events: EventReporter) =>
        registryOf(options, sessionName ?? DEFAULT_SESSION, events),
    },
    ...middlewareProviders(sessionName),
  ];
}

/** Providers of the middleware, and of the session of the request that runs. */
function middlewareProviders(sessionName: string | undefined): Provider[] {
  return [
    {
      provide: SESSION_MOUNT,
      inject: [
        RESOLVED_SESSION_OPTIONS,
        SESSION_REGISTRATION,
        SESSION_EVENTS,
        HttpAdapterHost,
        ApplicationConfig,
        GatewayCheck,
      ],
      useFactory: createMount,
    },
    {
      provide: getSessionMiddlewareToken(sessionName),
      inject: [SESSION_MOUNT],
      useFactory: ({ middleware }: SessionMount) => middleware,
    },
    {
      provide: getCurrentSessionToken(sessionName),
      // Made only where it is injected. What injects it stays a singleton.
      scope: Scope.TRANSIENT,
      inject: [SESSION_MOUNT],
      useFactory: ({ requests }: SessionMount) => {
        requests.enable();
        return new CurrentSession(requests, sessionName ?? DEFAULT_SESSION);
      },
    },
  ];
}

function createMount(
  options: ResolvedSessionOptions,
  registration: SessionRegistration,
  events: EventReporter,
  host: HttpAdapterHost,
  config: ApplicationConfig,
  gateways: GatewayCheck,
): SessionMount {
  const mount = new SessionMount(options, registration, events);
  mount.prepare(host);
  if (gateways.exist) mount.prepareGateways(config, () => gateways.useSession);
  return mount;
}

function createReporter(
  options: ResolvedSessionOptions,
  { sessionName = DEFAULT_SESSION }: SessionRegistration,
): EventReporter {
  const logger = new Logger('SessionModule');
  const log = { log: logEvents(logger), warn: (message: string) => logger.warn(message) };
  return reporterOf(options, sessionName, log);
}

/** The provider of the options of `forRootAsync`, with the class that makes them where one is given. */
export function createOptionsProviders(options: SessionModuleAsyncOptions): Provider[] {
  const { useFactory, inject = [], useClass, useExisting } = options;
  if ([useFactory, useClass, useExisting].filter((form) => form !== undefined).length !== 1) {
    throw configError('forRootAsync needs exactly one of useFactory, useClass and useExisting.');
  }
  if (useFactory !== undefined)
    return [{ provide: SESSION_OPTIONS, inject, useFactory: useFactory as () => unknown }];
  const factory = (useClass ?? useExisting) as Type<SessionOptionsFactory>;
  const provider: Provider = {
    provide: SESSION_OPTIONS,
    inject: [factory],
    useFactory: (maker: SessionOptionsFactory) => maker.createSessionOptions(),
  };
  return useClass === undefined ? [provider] : [useClass, provider];
}

function createStoreProvider(provide: ReturnType<typeof getSessionStoreToken>, store: StoreChoice): Provider {
  if (store === undefined) {
    return {
      provide,
      inject: [SESSION_OPTIONS],
      useFactory: (options: RuntimeOptions | undefined) =>
        options?.store === undefined ? defaultStore() : options.store,
    };
  }
  if (typeof store === 'function') return { provide, useClass: store };
  if (isProvider(store)) return { provide, ...store } as Provider;
  checkStore(store);
  return { provide, useValue: store };
}

function isProvider(store: object | null): boolean {
  if (typeof store !== 'object' || store === null) {
    throw configError(
      `The option store must be a SessionStore, its class or a provider of one, got ${describeWithoutText(store)}.`,
    );
  }
  return ['useClass', 'useExisting', 'useValue', 'useFactory'].some((form) => form in store);
}

const noStore = (provided: null | undefined) =>
  configError(
    `The provider of the option store must return a SessionStore, got ${describeWithoutText(provided)}. ` +
      'Return a store from the factory, or leave the option out for a MemorySessionStore.',
  );

const twoStores = () =>
  configError('The store is given twice: as an option of forRootAsync and by its factory. Remove one.');
