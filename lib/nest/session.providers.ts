import type { Provider, Type } from '@nestjs/common';
import { describeWithoutText } from '../core/util/describe-value.js';
import { SessionError } from '../core/errors.js';
import { checkStore } from '../http/check-options.js';
import { defaultStore, resolveSessionOptions } from '../http/resolve-options.js';
import { isOptions, type AnyStore } from '../http/session-options.js';
import type {
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
        return resolveSessionOptions(isOptions(options) ? { ...options, store: made } : options);
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
      useFactory: (options: RuntimeOptions | undefined) => options?.store ?? defaultStore(),
    };
  }
  if (typeof store === 'function') return { provide, useClass: store };
  if (isProvider(store)) return { provide, ...store } as Provider;
  checkStore(store);
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

function twoStores(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    'The store was given twice: beside the factory of forRootAsync and in the options that it made. Keep one.',
  );
}
