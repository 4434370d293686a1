import type { OwnServer, ServerOptions } from './server-process.mjs';

/** `binlogFormat` enables the binary log in this format. By default, the server writes no binary log. */
export interface MariadbOptions extends ServerOptions {
  readonly binlogFormat?: 'STATEMENT' | 'MIXED' | 'ROW';
}

/** Starts a private MariaDB server on 127.0.0.1. With `durable`, each commit waits for the disk. */
export function startMariadb(options?: MariadbOptions): Promise<OwnServer>;
