import { Inject, Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { setActivity } from '../http/session-activity.js';
import { requestIn } from './execution-session.js';
import { classesIn } from './module-classes.js';
import { activityOf, countsAsActivity } from './session-activity.decorator.js';

/** Sets whether the handler of a request counts as activity of its sessions. It refuses no request. */
export class ActivityGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = requestIn(context);
    if (typeof request === 'object' && request !== null)
      setActivity(request, countsAsActivity(context.getHandler(), context.getClass()));
    return true;
  }
}

/** Adds the {@link ActivityGuard} to applications that need it. */
@Injectable()
export class ActivityRoutes {
  readonly #modules: ModulesContainer;
  readonly #config: ApplicationConfig;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    this.#modules = modules;
    this.#config = config;
  }

  /**
   * Makes the guard the first of the application, where a handler has `@SessionActivity(false)`: a guard that
   * ran before it could refuse the request, and the session would be touched. Call it before the routes are
   * registered.
   */
  guard(): void {
    const guards = this.#config.getGlobalGuards();
    if (guards.some((guard) => guard instanceof ActivityGuard)) return;
    if (classesIn(this.#modules).some(isPassiveSomewhere)) guards.unshift(new ActivityGuard());
  }
}

/** Whether a class or one of its methods has `@SessionActivity(false)`. */
function isPassiveSomewhere(type: Type): boolean {
  if (activityOf(type) === false) return true;
  const prototype = type.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .some((name) => activityOf(prototype[name]!) === false);
}
