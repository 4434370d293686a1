import type { Module } from './sources.mjs';

/** Names of the mutable fields of each class, by name of the class. */
export function mutableFields(modules: readonly Module[], names: readonly string[]): Map<string, string[]>;
