import { changeInPlace } from '../core/json-in-place.js';
import { mergeLeaves, type Json, type JsonObject } from '../core/leaf-merge.js';
import type { Session } from './session.js';

/** The text of a session without its cookie: what tells whether it was changed. */
export function textOf(session: object): string {
  return JSON.stringify(session, function (this: unknown, name: string, value: unknown) {
    return this === session && name === 'cookie' ? undefined : value;
  });
}

/** Brings what others wrote into a session that began with `base`; what both changed is as here. */
export function mergeText(session: Session, base: string | null, written: string): void {
  const mine = JSON.parse(textOf(session)) as JsonObject;
  const began = base === null ? undefined : (JSON.parse(base) as Json);
  const merged = (mergeLeaves(began, JSON.parse(written) as Json, mine) ?? {}) as JsonObject;
  const prototype = Object.getPrototypeOf(session) as object;
  // In place: a handler may hold nested objects, and goes on with them after a save.
  changeInPlace(session, merged, (name) => name === 'cookie' || name in prototype);
}
