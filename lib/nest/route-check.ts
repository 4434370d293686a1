import { Inject, Injectable, type Type } from '@nestjs/common';
import { APP_GUARD, ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { configError } from '../http/check-options.js';
import { classesIn, isClass, wrappersIn } from './module-classes.js';
import { SessionGuard } from './session.guard.js';
import type { SessionRequirement } from './session-requirement.js';
import { SESSION_REQUIREMENT } from './session.constants.js';

/** Metadata keys of Nest, which does not export them. */
export const GUARDS = '__guards__';
const HANDLES = ['path', 'graphql:resolver_type'];
const DEPENDENCIES = ['design:paramtypes', 'self:paramtypes', 'self:properties_metadata'];

/**
 * Finds handlers with `@RequireSession` or `@RequireLogin` that no `SessionGuard` protects. It runs before
 * the application listens, because such handlers would be open to anyone.
 */
@Injectable()
export class RouteCheck {
  readonly #modules: ModulesContainer;
  readonly #config: ApplicationConfig;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    this.#modules = modules;
    this.#config = config;
  }

  /** @throws SessionError `ERR_SESSION_CONFIG` that names the handlers. */
  run(): void {
    if (this.isGuardedGlobally()) return;
    const open = classesIn(this.#modules).flatMap(unguardedHandlers);
    if (open.length === 0) return;
    throw configError(
      `@RequireSession or @RequireLogin has no effect at ${[...new Set(open)].join(', ')}: no SessionGuard runs there, so anyone may pass. ` +
        'Add @UseGuards(SessionGuard) to the handler or its class, or make SessionGuard a global guard. ' +
        'A guard of your own must extend SessionGuard or inject it.',
    );
  }

  /** Whether a `SessionGuard` runs for all handlers. */
  isGuardedGlobally(): boolean {
    const ofApplication = wrappersIn(this.#modules, 'providers').filter(({ token }) =>
      String(token).startsWith(APP_GUARD),
    );
    // What a request-scoped factory returns is not known at startup.
    const ofRequests = this.#config.getGlobalRequestGuards();
    return (
      this.#config.getGlobalGuards().some(isSessionGuard) ||
      ofApplication.some(({ metatype, inject }) =>
        [metatype, ...(inject ?? []).map(tokenOf)].some(isSessionGuard),
      ) ||
      ofRequests.some(({ metatype, inject }) => inject != null || isSessionGuard(metatype))
    );
  }
}

/** The handlers of a class that require a session and have no `SessionGuard`, as `Class.method`. */
export function unguardedHandlers(type: Type): string[] {
  if (metadataOf<unknown[]>(GUARDS, type)?.some(isSessionGuard)) return [];
  const prototype = type.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((name) => requiresSession(type, prototype[name]!))
    .filter((name) => !metadataOf<unknown[]>(GUARDS, prototype[name]!)?.some(isSessionGuard))
    .map((name) => `${type.name}.${name}`);
}

/** The decorator of a method wins over that of its class. The one of a class applies to handlers only. */
function requiresSession(type: Type, method: object): boolean {
  const own = metadataOf<SessionRequirement>(SESSION_REQUIREMENT, method);
  if (own !== undefined) return own.required;
  const isHandler = HANDLES.some((key) => metadataOf(key, method) !== undefined);
  return isHandler && metadataOf<SessionRequirement>(SESSION_REQUIREMENT, type)?.required === true;
}

/** Whether a guard, as class or instance, is a `SessionGuard` or injects one. */
export function isSessionGuard(guard: unknown): boolean {
  if (typeof guard === 'object' && guard !== null)
    return (
      guard instanceof SessionGuard ||
      Object.values(guard).some((value) => value instanceof SessionGuard) ||
      // An injected guard may be in a private field.
      isSessionGuard(guard.constructor)
    );
  return isClass(guard) && (isDerived(guard) || dependenciesOf(guard).some(isDerived));
}

const isDerived = (type: unknown): boolean =>
  type === SessionGuard || (isClass(type) && type.prototype instanceof SessionGuard);

/** The types and tokens that a class injects by its constructor and its properties. */
export function dependenciesOf(type: Type): unknown[] {
  const declared = DEPENDENCIES.flatMap((key) => metadataOf<unknown[]>(key, type) ?? []);
  return declared.flatMap((one) =>
    typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : [one],
  );
}

/** The token of a dependency of a factory. */
const tokenOf = (injected: unknown): unknown =>
  typeof injected === 'object' && injected !== null && 'token' in injected ? injected.token : injected;

/** The metadata of a class or a method; `undefined` without it. */
export const metadataOf = <T>(key: string | symbol, target: object): T | undefined =>
  Reflect.getMetadata(key, target) as T | undefined;
