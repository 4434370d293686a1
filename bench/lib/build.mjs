import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

/** Imports an entry point of the measured build: `door('http')`. An environment variable names the folder. */
export const door = (name, folder = process.env.BENCH_BUILD) =>
  import(pathToFileURL(join(folder, name, 'index.js')).href);
