import type { Provider, Type } from '@nestjs/common';
import { describeWithoutText } from '../core/util/describe-value.js';
import { hours, seconds } from '../core/util/clock.js';
import { SessionError } from '../core/errors.js';
import { isSessionStore, type SessionStore } from '../core/store/session-store.js';
import { isCallbackStore } from '../stores/express-session/callback-store.js';
import { ExpressStoreAdapter } from '../stores/express-session/store-adapter.js';
import { checkStore } from '../http/check-options.js';
import { resolveSessionOptions } from '../http/resolve-options.js';
import { isOptions } from '../http/session-options.js';
import { MemorySessionStore } from '../stores/memory/memory-session-store.js';
import type {
  AnyStore,
  RuntimeOptions,
  SessionModuleAsyncOptions,
  SessionModuleOptions,
  SessionOptionsFactory,
} from './session-module-options.js';
import { RESOLVED_SESSION_OPTIONS, SESSION_OPTIONS, getSessionStoreToken } from './session.constants.js';

type StoreChoice = SessionModuleOptions['store'];

/** The store under its token, and the checked options, which hold it. */
export function createSessionProviders(sessionName: string | undefined, store: StoreChoice): Provider[] {
  const token = getSessionStoreToken(sessionName);
  return [
    createStoreProvider(token, store),
    {
      provide: RESOLVED_SESSION_OPTIONS,
      inject: [SESSION_OPTIONS, token],
      useFactory: (options: RuntimeOptions, made: AnyStore) => {
        if (store !== undefined && options?.store !== undefined) throw twoStores();
        return resolveSessionOptions(
          isOptions(options) ? { ...options, store: asSessionStore(made, options) } : options,
        );
      },
    },
  ];
}

/** The options as an application's factory, class or existing provider makes them. */
export function createOptionsProviders(options: SessionModuleAsyncOptions): Provider[] {
  const { useFactory, inject = [], useClass, useExisting } = options;
  if ([useFactory, useClass, useExisting].filter((form) => form !== undefined).length !== 1) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      'forRootAsync needs exactly one of useFactory, useClass and useExisting.',
    );
  }
  if (useFactory !== undefined)
    return [{ provide: SESSION_OPTIONS, inject, useFactory: useFactory as () => unknown }];
  const factory = (useClass ?? useExisting) as Type<SessionOptionsFactory>;
  const asked: Provider = {
    provide: SESSION_OPTIONS,
    inject: [factory],
    useFactory: (maker: SessionOptionsFactory) => maker.createSessionOptions(),
  };
  return useClass === undefined ? [asked] : [useClass, asked];
}

function createStoreProvider(provide: ReturnType<typeof getSessionStoreToken>, store: StoreChoice): Provider {
  if (store === undefined) {
    return {
      provide,
      inject: [SESSION_OPTIONS],
      useFactory: (options: RuntimeOptions | undefined) => options?.store ?? new MemorySessionStore(),
    };
  }
  if (typeof store === 'function') return { provide, useClass: store };
  if (isProvider(store)) return { provide, ...store } as Provider;
  if (!isCallbackStore(store)) checkStore(store);
  return { provide, useValue: store };
}

function isProvider(store: object | null): boolean {
  if (typeof store !== 'object' || store === null) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `The option store must be a SessionStore, its class or a provider of one, got ${describeWithoutText(store)}.`,
    );
  }
  return ['useClass', 'useExisting', 'useValue', 'useFactory'].some((form) => form in store);
}

/** A store made for express-session is adapted; any other is as it is. */
function asSessionStore(
  store: AnyStore,
  { cookie, timeouts, storeTimeout = seconds(2) }: RuntimeOptions,
): SessionStore {
  if (isSessionStore(store) || !isCallbackStore(store)) return store;
  const fixed = typeof cookie === 'object' ? cookie : {};
  const idleMs = timeouts?.idle ?? fixed.maxAge ?? hours(24);
  const limitMs = Number.isFinite(storeTimeout) ? storeTimeout : null;
  return new ExpressStoreAdapter(
    store,
    fixed,
    { idleMs, touchEveryMs: timeouts?.touchEvery ?? null },
    limitMs,
  );
}

function twoStores(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    'The store was given twice: beside the factory of forRootAsync and in the options that it made. Keep one.',
  );
}
