import { startPostgres } from '../../../../scripts/servers/postgres.mjs';
import { startRedis } from '../../../../scripts/servers/redis.mjs';
import type { StoreName } from '../app/store.js';

/** A process that starts a database of this machine with temporary data, and ends with it. */
const START: Record<StoreName, typeof startRedis> = { redis: startRedis, postgres: startPostgres };

const endSelf = () => process.kill(process.pid, 'SIGTERM');
process.once('disconnect', endSelf);

const server = await START[process.env['STORE'] as StoreName]();
process.once('SIGTERM', () => void server.stop().finally(() => process.exit()));
process.send?.({ url: server.url });
