import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hashPassword, isPassword, type PasswordHash } from './password.js';

export interface User {
  /** The principal of the user's sessions. */
  readonly id: string;
  /** The user name in the login form. */
  readonly name: string;
  readonly fullName: string;
}

/**
 * The login page shows these. A real application has its users in a database, and only hashes of passwords.
 * Here a changed password lasts until the server ends.
 */
export const DEMO_USERS = [
  { id: 'u1', name: 'ada', fullName: 'Ada Lovelace', password: 'analytical-engine' },
  { id: 'u2', name: 'grace', fullName: 'Grace Hopper', password: 'nanosecond-wire' },
] as const;

/** The shortest password that a user can choose, in characters. */
export const SHORTEST_PASSWORD = 12;

@Injectable()
export class UsersService implements OnModuleInit {
  readonly #users = new Map<string, User>();
  readonly #passwords = new Map<string, PasswordHash>();
  #dummyHash!: PasswordHash;

  async onModuleInit(): Promise<void> {
    this.#dummyHash = await hashPassword('');
    for (const { password, ...user } of DEMO_USERS) {
      this.#users.set(user.id, user);
      await this.changePassword(user.id, password);
    }
  }

  /** The user with this id; `undefined` if the user was deleted. */
  find(id: string): User | undefined {
    return this.#users.get(id);
  }

  /** The user with this name and password; `undefined` where one of them is wrong. */
  async authenticate(name: string, password: string): Promise<User | undefined> {
    const user = [...this.#users.values()].find((each) => each.name === name);
    // Also hash for an unknown name: otherwise the response time would reveal which names exist.
    return (await this.#isPassword(user?.id ?? '', password)) ? user : undefined;
  }

  async isPasswordOf(id: string, password: string): Promise<boolean> {
    return (await this.#isPassword(id, password)) && this.#users.has(id);
  }

  async changePassword(id: string, password: string): Promise<void> {
    this.#passwords.set(id, await hashPassword(password));
  }

  #isPassword(id: string, password: string): Promise<boolean> {
    return isPassword(password, this.#passwords.get(id) ?? this.#dummyHash);
  }
}
