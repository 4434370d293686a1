/** Undoes what a login has changed. */
export interface Undo {
  /** Call it when the engine has changed attributes: those changes are undone. */
  begun(): void;
  /** Restores what was before. Attributes that the application has set or deleted since are kept so. */
  restore(): void;
}

type Properties = ReadonlyMap<string, PropertyDescriptor>;

/**
 * Remembers the attributes of a session, which are the enumerable properties of its object. `onRestored` runs
 * after they are restored, in their order.
 */
export function attributesBefore(owner: object, onRestored: () => void): Undo {
  const before = propertiesOf(owner);
  let begun = before;
  return {
    begun: () => void (begun = propertiesOf(owner)),
    restore: () => {
      restore(owner, before, begun);
      onRestored();
    },
  };
}

function restore(owner: object, before: Properties, begun: Properties): void {
  const present = propertiesOf(owner);
  const restored = new Map(before);
  for (const name of new Set([...begun.keys(), ...present.keys()])) {
    const property = present.get(name);
    if (isSame(begun.get(name), property)) continue;
    if (property === undefined) restored.delete(name);
    else restored.set(name, property);
  }
  for (const name of present.keys()) Reflect.deleteProperty(owner, name);
  for (const [name, property] of restored) Reflect.defineProperty(owner, name, property);
}

function isSame(one: PropertyDescriptor | undefined, other: PropertyDescriptor | undefined): boolean {
  return Object.is(one?.value, other?.value) && one?.get === other?.get && !one === !other;
}

function propertiesOf(owner: object): Properties {
  return new Map(
    Object.keys(owner).map((name) => [name, Object.getOwnPropertyDescriptor(owner, name)!] as const),
  );
}
