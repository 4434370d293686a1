import { createRequire } from 'node:module';
import { format } from 'node:util';

/**
 * The two packages that are compared. Both decide about the warning of MemoryStore, and express-session about its debug
 * output, when they are loaded: so they are loaded as in production, and with debug output on.
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
