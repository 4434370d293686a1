export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Who can log in, by a button: the passwords are in sample 01. */
export const PEOPLE: readonly Person[] = [
  { id: 'ada', name: 'Ada Lovelace' },
  { id: 'grace', name: 'Grace Hopper' },
];

export function findPerson(id: unknown): Person | undefined {
  return PEOPLE.find((person) => person.id === id);
}
