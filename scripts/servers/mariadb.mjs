import { execFile } from 'node:child_process';
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { findMariadb } from './find-binaries.mjs';
import { startServerProcess } from './server-process.mjs';

const urlOf = (port) => `mysql://test:test@127.0.0.1:${port}/test`;

/** SQL for each start, one statement per line. All privileges, so that tests can read the server's state. */
const INIT = `CREATE DATABASE IF NOT EXISTS test;
CREATE USER IF NOT EXISTS test@'127.0.0.1' IDENTIFIED BY 'test';
GRANT ALL ON *.* TO test@'127.0.0.1';
`;

/**
 * Starts a private MariaDB server on 127.0.0.1. With `durable`, each commit waits for the disk. With
 * `binlogFormat`, the server writes a binary log in this format.
 */
export async function startMariadb({ durable = false, binlogFormat, ...options } = {}) {
  const found = findMariadb();
  if (found === undefined) throw new Error('MariaDB is missing. Install the package mariadb-server.');
  return startServerProcess(
    {
      name: 'mariadb',
      endWith: { politely: 'SIGTERM', quickly: 'SIGKILL' },
      urlOf,
      prepare: ({ folder }) => makeData(found.installer, folder),
      command: ({ port, folder }) => ({
        file: found.server,
        args: argumentsOf({ port, folder, durable, binlogFormat }),
      }),
      isReady,
    },
    options,
  );
}

async function makeData(installer, folder) {
  writeFileSync(join(folder, 'init.sql'), INIT);
  const data = join(folder, 'data');
  if (existsSync(join(data, 'mysql'))) return;
  const args = [
    '--no-defaults',
    `--datadir=${data}`,
    // At startup, a server removes all temporary tables in its tmpdir, including those of other servers.
    `--tmpdir=${folder}`,
    ...asOurselves(),
    '--skip-name-resolve',
    '--skip-test-db',
  ];
  await promisify(execFile)(installer, [...args, '--innodb-log-file-size=16M'], { cwd: folder });
}

/** MariaDB runs as root only with `--user=root`. */
const asOurselves = () => (process.getuid?.() === 0 ? [`--user=${userInfo().username}`] : []);

function argumentsOf({ port, folder, durable, binlogFormat }) {
  const settings = {
    datadir: join(folder, 'data'),
    tmpdir: folder,
    port,
    'bind-address': '127.0.0.1',
    socket: join(folder, 'server.sock'),
    'pid-file': join(folder, 'server.pid'),
    'init-file': join(folder, 'init.sql'),
    'max-connections': 300,
    'character-set-server': 'utf8mb4',
    'innodb-buffer-pool-size': '64M',
    'innodb-log-file-size': '16M',
    'innodb-flush-log-at-trx-commit': durable ? 1 : 0,
  };
  const pairs = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  // `--no-defaults` only works as the first argument.
  return ['--no-defaults', ...pairs, ...asOurselves(), '--skip-name-resolve', ...binaryLog(binlogFormat)];
}

const binaryLog = (format) =>
  format === undefined ? ['--skip-log-bin'] : ['--log-bin=binlog', `--binlog-format=${format}`];

async function isReady({ port, folder }) {
  const connection = await mysql.createConnection({ uri: urlOf(port), connectTimeout: 2000 });
  try {
    const [rows] = await connection.query('SELECT @@datadir AS folder');
    return rows[0].folder === `${join(realpathSync(folder), 'data')}/`;
  } finally {
    connection.destroy();
  }
}
