import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findPostgres } from './find-binaries.mjs';
import { unprivilegedUser } from './server-folder.mjs';
import { startServerProcess } from './server-process.mjs';

const urlOf = (port) => `postgres://postgres@127.0.0.1:${port}/postgres`;

/** Starts a private PostgreSQL server on 127.0.0.1. With `durable`, each commit waits for the disk. */
export async function startPostgres({ durable = false, ...options } = {}) {
  const found = findPostgres();
  if (found === undefined) throw new Error('PostgreSQL is missing. Install the package postgresql.');
  return startServerProcess(
    {
      name: 'postgres',
      owner: unprivilegedUser('postgres', 'nobody'),
      // SIGQUIT also ends the child processes and frees the shared memory. SIGKILL would leave both behind.
      endWith: { politely: 'SIGINT', quickly: 'SIGQUIT' },
      urlOf,
      prepare: ({ folder, owner }) => makeCluster(found.initdb, folder, owner),
      command: ({ port, folder }) => ({ file: found.server, args: argumentsOf({ port, folder, durable }) }),
      isReady,
    },
    options,
  );
}

async function makeCluster(initdb, folder, owner) {
  const data = join(folder, 'data');
  if (existsSync(join(data, 'PG_VERSION'))) return;
  const args = ['--pgdata', data, '--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8'];
  // With a fixed locale, the sort order of text does not depend on the machine.
  await promisify(execFile)(initdb, [...args, '--locale=C', '--no-instructions'], { cwd: folder, ...owner });
}

function argumentsOf({ port, folder, durable }) {
  const whenDurable = durable ? 'on' : 'off';
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    shared_buffers: '64MB',
    fsync: whenDurable,
    synchronous_commit: whenDurable,
    full_page_writes: whenDurable,
  };
  const pairs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', join(folder, 'data'), ...pairs];
}

async function isReady({ port, folder }) {
  const client = new pg.Client({ connectionString: urlOf(port), connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('SHOW data_directory');
    return rows[0].data_directory === join(realpathSync(folder), 'data');
  } finally {
    await client.end().catch(() => {});
  }
}
