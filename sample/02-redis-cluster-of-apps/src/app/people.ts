export interface Person {
  readonly id: string;
  readonly name: string;
}

/** The people who can log in with a button. Sample 01 has passwords. */
export const PEOPLE: readonly Person[] = [
  { id: 'ada', name: 'Ada Lovelace' },
  { id: 'grace', name: 'Grace Hopper' },
];

export function findPerson(id: unknown): Person | undefined {
  return PEOPLE.find((person) => person.id === id);
}
