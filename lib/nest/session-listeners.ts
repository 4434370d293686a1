import { Inject, Injectable } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { SessionError } from '../core/errors.js';
import type { SessionEvent, SessionEventListener } from '../core/session-event.js';
import { configError } from '../http/check-options.js';
import { listenedTypes, type SessionEventType } from './on-session.decorator.js';

/** The used part of Nest's wrapper of a provider. */
interface Wrapper {
  readonly instance: unknown;
  readonly isTransient: boolean;
  isDependencyTreeStatic(): boolean;
}

type Methods = Record<string, (event: SessionEvent) => unknown>;

/** A method with `@OnSession`, and the types of events that it gets. */
export interface SessionListener {
  readonly types: ReadonlySet<SessionEventType>;
  readonly call: SessionEventListener;
}

/** Finds the methods with `@OnSession` of an application's providers and controllers. */
@Injectable()
export class SessionListeners {
  readonly #modules: ModulesContainer;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
  }

  /**
   * One listener for each method.
   *
   * @throws SessionError `ERR_SESSION_CONFIG` for a method of a request-scoped or transient provider.
   */
  find(): SessionListener[] {
    const seen = new Set<object>();
    return this.#wrappers().flatMap((wrapper) => {
      const { instance } = wrapper;
      // A provider with several tokens has one instance.
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) return [];
      seen.add(instance);
      const prototype = Object.getPrototypeOf(instance) as Methods | null;
      const names = listeningMethods(prototype);
      if (names.length > 0) checkScope(wrapper, `${instance.constructor.name}.${names[0]!}`);
      return names.map((name) => listenerOf(instance as Methods, name, prototype![name]!));
    });
  }

  #wrappers(): Wrapper[] {
    return [...this.#modules.values()].flatMap(({ providers, controllers }) => [
      ...providers.values(),
      ...controllers.values(),
    ]);
  }
}

const listeningMethods = (prototype: Methods | null): string[] =>
  new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((name) => listenedTypes(prototype![name]!).size > 0);

const listenerOf = (instance: Methods, name: string, method: object): SessionListener => ({
  types: listenedTypes(method),
  call: (event) => instance[name]!(event),
});

function checkScope(wrapper: Wrapper, method: string): void {
  if (wrapper.isTransient) throw withoutInstance(method, 'transient');
  if (!wrapper.isDependencyTreeStatic()) throw withoutInstance(method, 'request-scoped');
}

const withoutInstance = (method: string, scope: string): SessionError =>
  configError(
    `@OnSession has no effect at ${method}: its class is ${scope}, so there is no instance to call when an event ` +
      'occurs. Move the method to a provider of the default scope.',
  );
