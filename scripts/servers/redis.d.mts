import type { OwnServer, ServerOptions } from './server-process.mjs';

/** Starts a private Redis server on 127.0.0.1. With `durable`, each reply waits for the disk. */
export function startRedis(options?: ServerOptions): Promise<OwnServer>;
