import type { OwnServer, ServerOptions } from './server-process.mjs';

/** Starts a MariaDB server of its own, on 127.0.0.1. `durable` makes a commit wait for the disk. */
export function startMariadb(options?: ServerOptions): Promise<OwnServer>;
