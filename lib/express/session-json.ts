import { changeInPlace } from '../core/util/json-in-place.js';
import { threeWayMerge, type Json, type JsonObject } from '../core/merge/three-way-merge.js';
import type { Session } from '../stores/express-session/session.js';

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
  const merged = (threeWayMerge(began, JSON.parse(written) as Json, mine) ?? {}) as JsonObject;
  const prototype = Object.getPrototypeOf(session) as object;
  // In place: a handler may hold nested objects, and goes on with them after a save.
  changeInPlace(session, merged, (name) => name === 'cookie' || name in prototype);
}
