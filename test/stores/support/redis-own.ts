import { createRequire } from 'node:module';
import { connectTo, type OwnConnection } from '../../../lib/stores/redis/own-client.js';

const require = createRequire(import.meta.url);

/** What fails as a package does that is not installed. */
export const missing = (): never => {
  throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
};

/** The packages that a store can make a client of its own with. */
export const PACKAGES = ['redis', 'redis5', 'ioredis', 'ioredis5'];

/** A connection as a store with a URL makes it, where only that package is installed. */
export function connectBy(name: string, url: string): OwnConnection {
  const load = () => require(name) as unknown;
  const packages = name.startsWith('ioredis')
    ? { redis: missing, ioredis: load }
    : { redis: load, ioredis: missing };
  return connectTo(url, packages);
}
