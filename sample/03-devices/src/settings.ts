import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Settings from the environment. The defaults are enough for a first look. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The folder of the sessions, and of the secret if the environment has none. */
  readonly dataPath: string;
  /** URL of the session store; empty for a database in `dataPath`. */
  readonly store: string;
}

/** Relative to `dist-sample/03-devices`, so that it does not depend on the current folder. */
const DATA_PATH = fileURLToPath(new URL('../../sample/03-devices/.data', import.meta.url));

/** @throws Error when PORT is not a port, or STORE not the URL of a supported server. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  return {
    host: env['HOST'] || 'localhost',
    port: readPort(env['PORT'] || '3000'),
    dataPath: resolve(env['SESSION_PATH'] || DATA_PATH),
    store: readStore(env['STORE'] ?? ''),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`PORT must be a number from 0 to 65535, got ${JSON.stringify(text)}.`);
}

function readStore(url: string): string {
  if (url === '' || /^(rediss?|postgres(ql)?):\/\//.test(url)) return url;
  throw new Error('STORE must be empty, or a URL that begins with redis://, rediss:// or postgres://.');
}

/**
 * The secret that signs the cookies: SESSION_SECRET, or one that is created at the first start and kept in a
 * file, since a new secret ends every session.
 */
export function readSecret({ dataPath }: Settings, env: NodeJS.ProcessEnv = process.env): string {
  if (env['SESSION_SECRET']) return env['SESSION_SECRET'];
  const file = join(dataPath, 'secret');
  if (!existsSync(file)) {
    mkdirSync(dataPath, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(file, 'utf8');
}
