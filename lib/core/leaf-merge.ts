/** A value that came out of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** An object that came out of JSON. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * Joins two changes of one attribute, leaf by leaf, from what both began with. `undefined` stands for absent.
 *
 * Each leaf that only one side changed or deleted is taken from that side. Where both changed the same leaf, or
 * where an array or a scalar meets anything else, `mine` stands: it is committed later. An object that one side removed
 * stays removed, whatever the other changed in it.
 */
export function mergeLeaves(
  base: Json | undefined,
  theirs: Json | undefined,
  mine: Json | undefined,
): Json | undefined {
  if (isSame(base, mine)) return theirs;
  if (isSame(base, theirs)) return mine;
  if (!isObject(mine)) return mine;
  if (isObject(theirs)) return mergeObjects(isObject(base) ? base : {}, theirs, mine);
  // An object that they removed does not come back by its leaves.
  return theirs === undefined && isObject(base) ? undefined : mine;
}

function mergeObjects(base: JsonObject, theirs: JsonObject, mine: JsonObject): JsonObject {
  const merged: Record<string, Json> = {};
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const value = mergeLeaves(own(base, name), own(theirs, name), own(mine, name));
    // Defined, not assigned: JSON may carry a leaf named __proto__.
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

const isSame = (one: Json | undefined, other: Json | undefined): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);
