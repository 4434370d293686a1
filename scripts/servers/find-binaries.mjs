import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Path of the Redis server on this machine, or `undefined`. */
export function findRedis() {
  const server = candidates('redis-server').find((path) => says(path, /^Redis server/));
  return server && { server };
}

/** Paths of PostgreSQL and `initdb`, or `undefined`. Both must have the same version. */
export function findPostgres() {
  const found = [...candidates('postgres'), ...postgresOfDebian()]
    .filter((path) => says(path, /^postgres \(PostgreSQL\) /))
    // If the path is a link, `initdb` is in the folder of its target.
    .map((path) => ({ server: path, initdb: join(dirname(realpathSync(path)), 'initdb') }));
  return found.find(({ initdb }) => isProgram(initdb));
}

/** Paths of MariaDB and its program that creates data folders, or `undefined`. Ignores `mysqld` of MySQL. */
export function findMariadb() {
  const server = ['mariadbd', 'mysqld'].flatMap(candidates).find((path) => says(path, /MariaDB/));
  const installer = ['mariadb-install-db', 'mysql_install_db'].flatMap(candidates)[0];
  return server && installer && { server, installer };
}

/** Debian installs each version of PostgreSQL in its own folder, outside the PATH. Newest version first. */
function postgresOfDebian() {
  const folder = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(folder, version, 'bin/postgres')).filter(isProgram);
  } catch {
    return [];
  }
}

/** Executables of this name. Also searches system folders that the PATH of a user may lack. */
function candidates(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/usr/bin'];
  return [...new Set(folders)].map((folder) => join(folder, name)).filter(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function says(path, words) {
  try {
    return words.test(
      execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return false;
  }
}
