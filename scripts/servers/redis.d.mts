import type { OwnServer, ServerOptions } from './server-process.mjs';

/** Starts a Redis server of its own, on 127.0.0.1. `durable` writes each command to disk before it is answered. */
export function startRedis(options?: ServerOptions): Promise<OwnServer>;
