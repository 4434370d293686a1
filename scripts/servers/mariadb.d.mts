import type { OwnServer, ServerOptions } from './server-process.mjs';

/** How a server writes its binary log; it writes none unless this is given. */
export interface MariadbOptions extends ServerOptions {
  readonly binlogFormat?: 'STATEMENT' | 'MIXED' | 'ROW';
}

/** Starts a MariaDB server of its own, on 127.0.0.1. `durable` makes a commit wait for the disk. */
export function startMariadb(options?: MariadbOptions): Promise<OwnServer>;
