import { changeInPlace } from '../core/util/json-in-place.js';
import { threeWayMerge, type Json, type JsonObject } from '../core/merge/three-way-merge.js';
import type { Session } from '../stores/express-session/session.js';

/** JSON text of a session without its cookie, to detect changes (R50). */
export function textOf(session: object): string {
  return JSON.stringify(session, function (this: unknown, name: string, value: unknown) {
    return this === session && name === 'cookie' ? undefined : value;
  });
}

/** Merges the text of another request into a session loaded as `base`. On conflict, its own value stays. */
export function mergeText(session: Session, base: string | null, written: string): void {
  const own = JSON.parse(textOf(session)) as JsonObject;
  const before = base === null ? undefined : (JSON.parse(base) as Json);
  const merged = (threeWayMerge(before, JSON.parse(written) as Json, own) ?? {}) as JsonObject;
  const prototype = Object.getPrototypeOf(session) as object;
  // In place, since a handler may use nested objects after a save.
  changeInPlace(session, merged, (name) => name === 'cookie' || name in prototype);
}
