import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The Redis server of this machine, or `undefined`. */
export function findRedis() {
  const server = candidates('redis-server').find((path) => says(path, /^Redis server/));
  return server && { server };
}

/** PostgreSQL and the program that makes its data folder, which must be of one version. */
export function findPostgres() {
  const found = [...candidates('postgres'), ...postgresOfDebian()]
    .filter((path) => says(path, /^postgres \(PostgreSQL\) /))
    // A link leads to the folder where the other programs are.
    .map((path) => ({ server: path, initdb: join(dirname(realpathSync(path)), 'initdb') }));
  return found.find(({ initdb }) => isProgram(initdb));
}

/** MariaDB and the program that makes its data folder. MySQL's own `mysqld` has none, and is not taken. */
export function findMariadb() {
  const server = ['mariadbd', 'mysqld'].flatMap(candidates).find((path) => says(path, /MariaDB/));
  const installer = ['mariadb-install-db', 'mysql_install_db'].flatMap(candidates)[0];
  return server && installer && { server, installer };
}

/** Debian keeps PostgreSQL off the PATH, a folder per version: the newest first. */
function postgresOfDebian() {
  const folder = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(folder, version, 'bin/postgres')).filter(isProgram);
  } catch {
    return [];
  }
}

/** A user's PATH may lack the folders of the system's servers. */
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
