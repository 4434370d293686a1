import { Inject, Injectable, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { CurrentSession } from '../current-session.js';
import { classesIn } from '../module-classes.js';
import { dependenciesOf, GUARDS, isSessionGuard, metadataOf, RouteCheck } from '../route-check.js';
import { isReader } from '../session-readers.js';
import { SESSION_REQUIREMENT } from '../session.constants.js';

/** Metadata keys of Nest, which does not export them. */
const GATEWAY = 'websockets:is_gateway';
const PARAMETERS = '__routeArguments__';

/** Finds out whether the gateways of an application use its sessions. */
@Injectable()
export class GatewayCheck {
  readonly #modules: ModulesContainer;
  readonly #routes: RouteCheck;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer, @Inject(RouteCheck) routes: RouteCheck) {
    this.#modules = modules;
    this.#routes = routes;
  }

  /** Whether the application has gateways. */
  get exist(): boolean {
    return this.#gateways.length > 0;
  }

  /** Whether one of them uses the session. */
  get useSession(): boolean {
    return this.#routes.isGuardedGlobally() || this.#gateways.some(usesSession);
  }

  get #gateways(): Type[] {
    return classesIn(this.#modules).filter((type) => metadataOf(GATEWAY, type) === true);
  }
}

/**
 * Whether a gateway uses the session: by a guard, a requirement or a parameter decorator of this package, or
 * by an injected `CurrentSession`.
 */
export function usesSession(gateway: Type): boolean {
  if (dependenciesOf(gateway).includes(CurrentSession) || isGuarded(gateway)) return true;
  const prototype = gateway.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .some((name) => isGuarded(prototype[name]!) || readsIn(gateway, name));
}

const isGuarded = (target: object): boolean =>
  metadataOf(SESSION_REQUIREMENT, target) !== undefined ||
  metadataOf<unknown[]>(GUARDS, target)?.some(isSessionGuard) === true;

function readsIn(gateway: Type, method: string): boolean {
  const parameters = Reflect.getMetadata(PARAMETERS, gateway, method) as object | undefined;
  return Object.values(parameters ?? {}).some(({ factory }: { factory?: unknown }) => isReader(factory));
}
