import type { OwnServer, ServerOptions } from './server-process.mjs';

/** Starts a private PostgreSQL server on 127.0.0.1. With `durable`, each commit waits for the disk. */
export function startPostgres(options?: ServerOptions): Promise<OwnServer>;
