import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the data of one server: the one that is given, or a new one, which `remove` takes away again. */
export function serverFolder({ name, given, owner }) {
  const path = given ?? mkdtempSync(join(tmpdir(), `nest-session-${name}-`));
  mkdirSync(path, { recursive: true });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, 0o700);
  return {
    path,
    isTemporary: given === undefined,
    remove: () => {
      // A process on its way out may still write: a few tries.
      if (given === undefined)
        rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Whom a server runs as that refuses root: the first of these users that exists. Nothing where we are not root. */
export function unprivilegedUser(...names) {
  if (process.getuid?.() !== 0) return undefined;
  const ids = (name, flag) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const name of names) {
    try {
      return { uid: ids(name, '-u'), gid: ids(name, '-g') };
    } catch {
      // No such user here: the next one.
    }
  }
  throw new Error(`None of these users exists: ${names.join(', ')}`);
}
