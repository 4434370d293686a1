import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

type Module = ModulesContainer extends Map<string, infer M> ? M : never;
/** What Nest knows of one controller or provider. */
type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;

/** The wrappers of the controllers or providers of an application. */
export function wrappersIn(modules: ModulesContainer, kind: 'controllers' | 'providers'): Wrapper[] {
  return [...modules.values()].flatMap((module) => [...module[kind].values()]);
}

/** The classes of the controllers and providers of an application. */
export function classesIn(modules: ModulesContainer): Type[] {
  const wrappers = [...wrappersIn(modules, 'controllers'), ...wrappersIn(modules, 'providers')];
  return wrappers.map(({ metatype }) => metatype).filter((type): type is Type => isClass(type));
}

/** Whether a value is a class or a function that can be one. */
export const isClass = (value: unknown): value is Type =>
  typeof value === 'function' && typeof (value as { prototype?: unknown }).prototype === 'object';
