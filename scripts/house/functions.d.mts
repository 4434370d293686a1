import type { Module } from './sources.mjs';

/** A function with a body, and the number of its lines. */
export interface MeasuredFunction {
  readonly name: string;
  readonly file: string;
  readonly lines: number;
}

/** Name, file and length of each function with a body. Nested functions count by themselves too. */
export function functionsOf(modules: readonly Module[]): MeasuredFunction[];
