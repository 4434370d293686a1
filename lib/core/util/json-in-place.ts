import type { Json, JsonObject } from '../merge/three-way-merge.js';

/** Whether a property of the object is not data, and must not be changed. */
type IsLeft = (name: string) => boolean;
type Holder = Record<string, unknown>;

/**
 * Changes an object in place until its JSON equals `to`. Its nested objects and arrays are kept, so that
 * references to them stay valid. Properties that JSON omits stay. Linear in the size of both.
 *
 * A nested object that cannot be changed is replaced. So are the changed items of an array whose length
 * changes, since it is unknown which item became which.
 */
export function changeInPlace(target: object, to: JsonObject, isLeft: IsLeft): void {
  changeObject(target as Holder, to, isLeft, new Set([target]));
}

/** `false` if the object cannot be changed. */
function changeObject(target: Holder, to: JsonObject, isLeft: IsLeft, seen: Set<object>): boolean {
  for (const name of Object.keys(target)) {
    if (Object.hasOwn(to, name) || isLeft(name) || JSON.stringify(target[name]) === undefined) continue;
    if (!Reflect.deleteProperty(target, name)) return false;
  }
  for (const [name, value] of Object.entries(to)) {
    if (isLeft(name)) continue;
    const present = Object.hasOwn(target, name) ? target[name] : undefined;
    if (!became(present, value, seen) && !put(target, name, value)) return false;
  }
  return true;
}

function changeArray(target: unknown[], to: readonly Json[], seen: Set<object>): boolean {
  const isAligned = target.length === to.length;
  for (const [index, value] of to.entries()) {
    const present = target[index];
    const isDone = isAligned ? became(present, value, seen) : hasTextOf(present, value);
    if (!isDone && !Reflect.set(target, index, value)) return false;
  }
  return isAligned || Reflect.set(target, 'length', to.length);
}

/** Changes a value in place if possible. Returns whether it equals `to` afterwards. */
function became(present: unknown, to: Json, seen: Set<object>): boolean {
  if (present === to) return true;
  if (typeof present !== 'object' || present === null) return hasTextOf(present, to);
  const isShared = seen.has(present);
  if (isShared || typeof (present as { readonly toJSON?: unknown }).toJSON === 'function')
    return hasTextOf(present, to);
  if (typeof to !== 'object' || to === null || Array.isArray(present) !== Array.isArray(to)) return false;
  seen.add(present);
  return Array.isArray(present)
    ? changeArray(present, to as readonly Json[], seen)
    : changeObject(present as Holder, to as JsonObject, nothing, seen);
}

/** Sets a property. Assigning `__proto__` would set the prototype, so that one is defined. */
function put(target: Holder, name: string, value: Json): boolean {
  if (name !== '__proto__') return Reflect.set(target, name, value);
  return Reflect.defineProperty(target, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

const hasTextOf = (value: unknown, to: Json): boolean => JSON.stringify(value) === JSON.stringify(to);
const nothing = (): boolean => false;
