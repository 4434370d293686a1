import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

/** A door of the build that is measured: `door('http')`. The folder comes in the environment of the process. */
export const door = (name, folder = process.env.BENCH_BUILD) =>
  import(pathToFileURL(join(folder, name, 'index.js')).href);
