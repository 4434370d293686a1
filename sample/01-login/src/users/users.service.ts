import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hashPassword, isPassword, type PasswordHash } from './password.js';

export interface User {
  readonly id: string;
  /** The user name in the login form. */
  readonly name: string;
  readonly fullName: string;
}

/** The login page shows these. A real application has its users in a database, and only hashes of passwords. */
export const DEMO_USERS = [
  { id: 'u1', name: 'ada', fullName: 'Ada Lovelace', password: 'analytical-engine' },
  { id: 'u2', name: 'grace', fullName: 'Grace Hopper', password: 'nanosecond-wire' },
] as const;

@Injectable()
export class UsersService implements OnModuleInit {
  readonly #users = new Map<string, User>();
  readonly #passwords = new Map<string, PasswordHash>();
  #dummyHash!: PasswordHash;

  async onModuleInit(): Promise<void> {
    this.#dummyHash = await hashPassword('');
    for (const { password, ...user } of DEMO_USERS) {
      this.#users.set(user.id, user);
      this.#passwords.set(user.id, await hashPassword(password));
    }
  }

  /** The user of a session; `undefined` without a login, or if the user was deleted. */
  find(id: string | undefined): User | undefined {
    return id === undefined ? undefined : this.#users.get(id);
  }

  /** The user with this name and password; `undefined` otherwise. It does not reveal which of them was wrong. */
  async authenticate(name: string, password: string): Promise<User | undefined> {
    const user = [...this.#users.values()].find((each) => each.name === name);
    // Also hash for an unknown name: otherwise the response time would reveal which names exist.
    const hash = this.#passwords.get(user?.id ?? '') ?? this.#dummyHash;
    return (await isPassword(password, hash)) ? user : undefined;
  }
}
