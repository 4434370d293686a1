import { MOST_LEVELS } from '../util/json-text.js';
import { SessionError } from '../errors.js';

/** A parsed JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** A parsed JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * Merges two changes of one attribute, leaf by leaf, given their common base. `undefined` stands for absent.
 *
 * A leaf that only one side changed or deleted is taken from that side. If both changed the same leaf, or if
 * one of the values is an array or a scalar, `mine` wins: it is committed later. An object that one side
 * removed stays removed, whatever the other changed in it. `null` or a scalar in place of an object is a
 * removal: a logout by `session.user = null` is kept although a slower request changes `user.seen`.
 *
 * Each value is visited once, so that the time is linear in the size of the three values.
 *
 * @throws SessionError `ERR_SESSION_VALUE` if the values are nested deeper than a save allows.
 */
export function threeWayMerge(
  base: Json | undefined,
  theirs: Json | undefined,
  mine: Json | undefined,
  levels = MOST_LEVELS,
): Json | undefined {
  if (isObject(mine) && isObject(theirs))
    return mergeObjects(isObject(base) ? base : {}, theirs, mine, levels - 1);
  // They removed the object: its leaves do not restore it.
  if (isObject(mine) && isObject(base) && !Array.isArray(theirs)) return theirs;
  return isSame(base, mine, levels) ? theirs : mine;
}

function mergeObjects(base: JsonObject, theirs: JsonObject, mine: JsonObject, levels: number): JsonObject {
  if (levels < 0) throw tooDeep();
  const merged: Record<string, Json> = {};
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const value = threeWayMerge(own(base, name), own(theirs, name), own(mine, name), levels);
    // Not assigned, since JSON may contain a leaf named __proto__.
    if (value !== undefined) {
      Object.defineProperty(merged, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }
  return merged;
}

const own = (holder: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(holder, name) ? holder[name] : undefined;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether both have the same leaves, in any order of names. */
function isSame(one: Json | undefined, other: Json | undefined, levels: number): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    if (levels === 0) throw tooDeep();
    return (
      one.length === other.length &&
      one.every((item: Json, at) => isSame(item, other[at] as Json, levels - 1))
    );
  }
  if (!isObject(one) || !isObject(other)) return false;
  if (levels === 0) throw tooDeep();
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name], levels - 1))
  );
}

function tooDeep(): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `The session was not saved: two requests changed one attribute, and it is nested more than ${MOST_LEVELS} levels deep. ` +
      'Store data of fewer levels.',
  );
}
