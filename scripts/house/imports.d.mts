import type { Module } from './sources.mjs';

/** One import of a module by another; both are paths. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Relative imports as pairs of paths, one for each statement, `import()` or imported type. */
export function importsOf(modules: readonly Module[]): Import[];

/** The imports of one folder from another. */
export function importsBetween(imports: readonly Import[], from: string, to: string): Import[];

/** The strongly connected components of more than one module, each with its paths in order. */
export function cyclesOf(imports: readonly Import[]): string[][];
