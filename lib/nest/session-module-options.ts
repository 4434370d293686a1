import type {
  Abstract,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
  RequestMethod,
  Type,
} from '@nestjs/common';
import type { AnyStore, SessionOptions } from '../http/session-options.js';

/** A store as a provider: Nest makes it, gives it its dependencies and calls its life-cycle hooks. */
export type SessionStoreProvider =
  | Type<AnyStore>
  | { readonly useClass: Type<AnyStore> }
  | { readonly useExisting: Type<AnyStore> | Abstract<AnyStore> | string | symbol }
  | { readonly useValue: AnyStore }
  | {
      readonly useFactory: (...dependencies: never[]) => AnyStore | Promise<AnyStore>;
      readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
    };

/** A route by path and method. */
export interface SessionRoute {
  readonly path: string;
  readonly method: RequestMethod;
}

/** Where the middleware runs; decided when the module is registered. */
export interface SessionRegistration {
  /**
   * Puts this session beside the default one: `@Session({ name: 'admin' })`, `getSessionStoreToken('admin')`. It is
   * not at `req.session`. Give each its own cookie `name`.
   *
   * Its cookies are signed for this name: a cookie value of another session is not valid here, also where both share secret
   * and store. Another name ends the sessions. At most 128 characters.
   */
  readonly sessionName?: string;
  /**
   * Whether store and guard can be injected everywhere. The middleware is global either way.
   * @defaultValue `true`
   */
  readonly isGlobal?: boolean;
  /**
   * Only these routes have a session. As all Nest route patterns they lie under the global prefix; without this option
   * the middleware runs for everything, whatever the prefix, versions and GraphQL.
   */
  readonly forRoutes?: readonly (string | Type | SessionRoute)[];
  /** These routes have no session. Lies under the global prefix as `forRoutes` does. */
  readonly exclude?: readonly (string | SessionRoute)[];
  /** Modules whose providers the store needs. */
  readonly imports?: ModuleMetadata['imports'];
}

/** Options of `SessionModule.forRoot`. */
export interface SessionModuleOptions extends Omit<SessionOptions, 'store'>, SessionRegistration {
  /**
   * The store: an instance, a class, or a provider with its own dependencies. Also one that was made for
   * express-session.
   * @defaultValue a new `MemorySessionStore`
   */
  readonly store?: AnyStore | SessionStoreProvider | undefined;
}

/** The options that a factory makes. */
export type RuntimeOptions = SessionOptions;

/** A provider that makes the options. */
export interface SessionOptionsFactory {
  createSessionOptions(): RuntimeOptions | Promise<RuntimeOptions>;
}

/** Options of `SessionModule.forRootAsync`. One of `useFactory`, `useClass` and `useExisting` makes the run-time options. */
export interface SessionModuleAsyncOptions extends SessionRegistration {
  readonly useFactory?: (...dependencies: never[]) => RuntimeOptions | Promise<RuntimeOptions>;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useClass?: Type<SessionOptionsFactory>;
  readonly useExisting?: Type<SessionOptionsFactory> | string | symbol;
  /** The store, where the options do not bring it. */
  readonly store?: AnyStore | SessionStoreProvider | undefined;
}
