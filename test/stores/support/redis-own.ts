import { createRequire } from 'node:module';
import { connectTo, type OwnConnection } from '../../../lib/stores/redis/own-client.js';

const require = createRequire(import.meta.url);

/** Throws the error of a package that is not installed. */
export const missing = (): never => {
  throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
};

/** The packages that a store can connect with. */
export const PACKAGES = ['redis', 'redis5', 'ioredis', 'ioredis5'];

/** The connection of a store with a URL when only this package is installed. */
export function connectBy(name: string, url: string): OwnConnection {
  const load = () => require(name) as unknown;
  const packages = name.startsWith('ioredis')
    ? { redis: missing, ioredis: load }
    : { redis: load, ioredis: missing };
  return connectTo(url, packages);
}
