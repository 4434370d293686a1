import type ts from 'typescript';

/** A module of the library. */
export interface Module {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** A module from its text. */
export function parseModule(path: string, text: string): Module;
