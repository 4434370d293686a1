import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** A password as stored. */
export interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** @see OWASP Password Storage Cheat Sheet, "scrypt" */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const HASH_BYTES = 32;

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16);
  return { salt, hash: await derive(password, salt) };
}

export async function isPassword(password: string, { salt, hash }: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, salt), hash);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, COST, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
