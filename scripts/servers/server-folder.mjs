import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the data of one server: the given one, or a new one. `remove` deletes only a new one. */
export function serverFolder({ name, given, owner }) {
  const path = given ?? mkdtempSync(join(tmpdir(), `nest-session-${name}-`));
  mkdirSync(path, { recursive: true });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, 0o700);
  return {
    path,
    isTemporary: given === undefined,
    remove: () => {
      // A process that is exiting may still write to the folder, so retry.
      if (given === undefined)
        rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/**
 * The user for a server that refuses to run as root: the first of these users that exists. `undefined` if
 * this process is not root.
 */
export function unprivilegedUser(...names) {
  if (process.getuid?.() !== 0) return undefined;
  const ids = (name, flag) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const name of names) {
    try {
      return { uid: ids(name, '-u'), gid: ids(name, '-g') };
    } catch {
      // This user does not exist. Try the next one.
    }
  }
  throw new Error(`The server cannot run as root, and none of these users exists: ${names.join(', ')}`);
}
