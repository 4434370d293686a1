import { findRedis } from './find-binaries.mjs';
import { redisCommand } from './redis-command.mjs';
import { startServerProcess } from './server-process.mjs';

/** Starts a private Redis server on 127.0.0.1. With `durable`, each reply waits for the disk. */
export function startRedis({ durable, ...options } = {}) {
  return startServerProcess(redisEngine({ durable }), options);
}

/** The `engine` of `startServerProcess` for Redis. `extra` are further command-line arguments. */
export function redisEngine({ durable = false, extra = [] } = {}) {
  const file = findRedis()?.server;
  if (file === undefined) throw new Error('Redis is missing. Install the package redis-server.');
  const safety = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  return {
    name: 'redis',
    endWith: { politely: 'SIGTERM', quickly: 'SIGKILL' },
    urlOf: (port) => `redis://127.0.0.1:${port}`,
    command: ({ port, folder }) => ({
      file,
      args: [
        ...['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'],
        ...['--save', '', ...safety, ...extra],
      ].map(String),
    }),
    isReady: async ({ port, pid }) => {
      // While Redis loads its files, it replies to every command except INFO with an error.
      await redisCommand(port, 'PING');
      return (await redisCommand(port, 'INFO', 'server')).includes(`process_id:${pid}\r\n`);
    },
  };
}
