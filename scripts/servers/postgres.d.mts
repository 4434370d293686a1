import type { OwnServer, ServerOptions } from './server-process.mjs';

/** Starts a PostgreSQL server of its own, on 127.0.0.1. `durable` makes a commit wait for the disk. */
export function startPostgres(options?: ServerOptions): Promise<OwnServer>;
