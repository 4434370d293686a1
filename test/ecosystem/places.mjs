import { fileURLToPath } from 'node:url';

/** The folder of the package under test, with its `dist`; NEST_SESSION_FOLDER names another one. */
export const ROOT = process.env.NEST_SESSION_FOLDER ?? fileURLToPath(new URL('../..', import.meta.url));

export const HERE = fileURLToPath(new URL('.', import.meta.url));
