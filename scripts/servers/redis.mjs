import { findRedis } from './find-binaries.mjs';
import { redisCommand } from './redis-command.mjs';
import { startServerProcess } from './server-process.mjs';

/** Starts a Redis server of its own, on 127.0.0.1. `durable` writes each command to disk before it is answered. */
export function startRedis({ durable, ...options } = {}) {
  return startServerProcess(redisEngine({ durable }), options);
}

/** What starts one Redis server; `extra` are further words of its command line. */
export function redisEngine({ durable = false, extra = [] } = {}) {
  const file = findRedis()?.server;
  if (file === undefined) throw new Error('There is no redis-server on this machine.');
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
      // While it reads its files it answers everything but INFO with an error.
      await redisCommand(port, 'PING');
      return (await redisCommand(port, 'INFO', 'server')).includes(`process_id:${pid}\r\n`);
    },
  };
}
