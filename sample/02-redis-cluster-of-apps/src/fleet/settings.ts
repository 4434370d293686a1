import { randomBytes } from 'node:crypto';
import { ENGINES } from '../../../../scripts/servers/engines.mjs';
import { STORES, type StoreName } from '../app/store.js';
import { PlainError } from './plain-error.js';

/** Settings from the environment. The defaults are enough for a first look. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly store: StoreName;
  /** URL of the database; `undefined` starts one on this machine. */
  readonly storeUrl: string | undefined;
  /** The same for all processes: each must accept the signatures of the others. */
  readonly secret: string;
}

/** @throws PlainError that names the setting and the fix. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const store = readStore(env['STORE'] || 'redis');
  const storeUrl = env['SESSION_STORE_URL'] || undefined;
  if (storeUrl === undefined) requireServer(store);
  return {
    host: env['HOST'] || 'localhost',
    port: readPort(env['PORT'] || '3000'),
    store,
    storeUrl,
    secret: env['SESSION_SECRET'] || randomBytes(32).toString('base64url'),
  };
}

function readStore(name: string): StoreName {
  if (Object.hasOwn(STORES, name)) return name as StoreName;
  const known = Object.keys(STORES).join(' or ');
  throw new PlainError(`STORE must be ${known}, got ${JSON.stringify(name)}.`);
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new PlainError(`PORT must be a number from 0 to 65535, got ${JSON.stringify(text)}.`);
}

function requireServer(store: StoreName): void {
  const engine = ENGINES.find(({ name }) => name === store)!;
  if (engine.find() !== undefined) return;
  throw new PlainError(
    `There is no ${engine.title} on this machine. Get one with: apt-get install ${engine.packages.join(' ')}\n` +
      `Or set the URL of a running one: SESSION_STORE_URL=${store}://... npm run start:cluster`,
  );
}
