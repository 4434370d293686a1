import type { Module } from './sources.mjs';

/** An exported declaration. */
export interface Declaration {
  readonly file: string;
  readonly name: string;
  readonly isDocumented: boolean;
}

/** Each exported declaration, and whether it has a doc comment. Overloads count as one function. */
export function exportedDeclarations(modules: readonly Module[]): Declaration[];

/** Number of interfaces, type aliases and classes in each folder, by name of the folder. */
export function typesPerFolder(modules: readonly Module[]): Record<string, number>;
