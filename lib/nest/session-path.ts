import type { SessionData } from '../core/session/user-session.js';

/** Limits the depth of typed paths. */
type Deeper = [never, 0, 1, 2, 3];

type PathsOf<T, Depth extends number> = [Depth] extends [never]
  ? never
  : T extends readonly unknown[] | Date
    ? never
    : T extends object
      ? { [K in keyof T & string]: K | `${K}.${PathsOf<NonNullable<T[K]>, Deeper[Depth]>}` }[keyof T & string]
      : never;

/** The dotted paths of the application's session data; any string while `SessionData` is not augmented. */
export type SessionPath = [keyof SessionData] extends [never] ? string : PathsOf<SessionData, 3>;

/** The value at a dotted path of own properties; `undefined` where one is missing. */
export function valueAt(root: object, path: string): unknown {
  let value: unknown = root;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
