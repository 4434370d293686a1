import type {
  Abstract,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
  RequestMethod,
  Type,
} from '@nestjs/common';
import type { SessionMiddlewareOptions } from '../http/session-middleware.js';
import type { AnyStore, SessionOptions } from '../http/session-options.js';

/** A store as a provider: Nest makes it with its dependencies and calls its life-cycle hooks. */
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

/** Options that are fixed when the module is registered: name, routes and imports. */
export interface SessionRegistration extends Pick<SessionMiddlewareOptions, 'sessionName'> {
  /**
   * Whether the store and the registry can be injected in every module. The middleware is global in both
   * cases.
   * @defaultValue `true`
   */
  readonly isGlobal?: boolean;
  /**
   * When the middleware is mounted. `'early'`: while the application is created, so that middleware which
   * `main.ts` adds by `app.use()` finds `req.session`, as passport's does. Static files that `main.ts` serves
   * pass the middleware then, and load the session of a request with a cookie; error responses of the session
   * lack headers that such middleware sets, such as those of CORS. `'module'`: when the application starts,
   * after the middleware of `main.ts` and before that of modules.
   *
   * `'module'` where `forRoutes` or `exclude` is given.
   * @defaultValue `'early'`
   */
  readonly mount?: 'early' | 'module' | undefined;
  /**
   * Only these routes have a session. The global prefix applies to them, as to all route patterns of Nest.
   * Without this option the middleware runs for every request, whatever the prefix, versioning and GraphQL.
   */
  readonly forRoutes?: readonly (string | Type | SessionRoute)[];
  /** These routes have no session. The global prefix applies to them. */
  readonly exclude?: readonly (string | SessionRoute)[];
  /** Modules whose providers the store needs. */
  readonly imports?: ModuleMetadata['imports'];
}

/** Options of `SessionModule.forRoot`. */
export interface SessionModuleOptions extends Omit<SessionOptions, 'store'>, SessionRegistration {
  /**
   * The store: an instance, a class or a provider of a `SessionStore` or of a store made for express-session.
   * @defaultValue a new `MemorySessionStore`
   */
  readonly store?: AnyStore | SessionStoreProvider | undefined;
}

/** The options that the factory of `forRootAsync` returns. */
export type RuntimeOptions = SessionOptions;

/** A provider that returns the options. */
export interface SessionOptionsFactory {
  createSessionOptions(): RuntimeOptions | Promise<RuntimeOptions>;
}

/**
 * Options of `SessionModule.forRootAsync`. Exactly one of `useFactory`, `useClass` and `useExisting` is
 * required.
 */
export interface SessionModuleAsyncOptions extends SessionRegistration {
  readonly useFactory?: (...dependencies: never[]) => RuntimeOptions | Promise<RuntimeOptions>;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useClass?: Type<SessionOptionsFactory>;
  readonly useExisting?: Type<SessionOptionsFactory> | string | symbol;
  /** The store, unless the factory returns it. */
  readonly store?: AnyStore | SessionStoreProvider | undefined;
}
