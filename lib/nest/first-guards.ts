import { Inject, Injectable, type CanActivate, type Type } from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { ActivityGuard } from './activity-guard.js';
import { EventStreamGuard, isEventStream } from './event-stream-guard.js';
import { classesIn } from './module-classes.js';
import { activityOf } from './session-activity.decorator.js';
import type { SessionMount } from './session-mount.js';
import { OperationGuard } from './subscriptions/operation-guard.js';
import { interceptOperations, isSubscription } from './subscriptions/operation-interceptor.js';

/** Adds the guards of this package that some handlers need to their application. */
@Injectable()
export class FirstGuards {
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
   * Makes the guards the first of the application, where a handler needs them: a guard that ran before them
   * could refuse the request. Call it before the routes are registered.
   */
  add(mount: Pick<SessionMount, 'connections' | 'requests'>): void {
    const guards = this.#config.getGlobalGuards();
    const has = (isIt: (guard: CanActivate) => boolean): boolean => guards.some(isIt);
    const added: CanActivate[] = [];
    if (this.#isSome(isPassive) && !has((guard) => guard instanceof ActivityGuard))
      added.push(new ActivityGuard());
    if (
      this.#isSome(isEventStream) &&
      !has((guard) => guard instanceof EventStreamGuard && guard.isOf(mount))
    )
      added.push(new EventStreamGuard(mount));
    if (
      this.#isSome(isSubscription) &&
      !has((guard) => guard instanceof OperationGuard && guard.isOf(mount))
    ) {
      added.push(new OperationGuard(mount));
      const methods = classesIn(this.#modules).flatMap(methodsOf);
      interceptOperations(methods, mount.requests.isEnabled);
    }
    guards.unshift(...added);
  }

  /** Whether a class or a method of the application meets a condition. */
  #isSome(condition: (target: object) => boolean): boolean {
    return classesIn(this.#modules).some((type) => condition(type) || methodsOf(type).some(condition));
  }
}

const isPassive = (target: object): boolean => activityOf(target) === false;

function methodsOf({ prototype }: Type): object[] {
  const methods = prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(methods).map((name) => methods[name]!);
}
