import { createRequire } from 'node:module';
import { format } from 'node:util';

/**
 * The two packages that are compared. They read the environment when they are loaded: both for the warning of
 * MemoryStore, and express-session for its debug output. NODE_ENV is production, and
 * debug output is on.
 */
process.env['NODE_ENV'] = 'production';
process.env['DEBUG'] = 'express-session';

const { default: theirs } = await import('express-session');
const { default: ours } = await import('nest-session/express');

export const SIDES = { theirs, ours };

/** Calls a function with each line of debug output, instead of printing it. */
export function onDebug(listener) {
  const debug = createRequire(createRequire(import.meta.url).resolve('express-session'))('debug');
  debug.log = (...args) => listener(format(...args));
  delete process.env['DEBUG'];
}
