import { EMBEDDED } from './embedded.mjs';
import { EMULATED } from './emulated.mjs';
import { IN_MEMORY } from './memory.mjs';
import { MORE } from './more.mjs';
import { NOT_RUNNABLE } from './none.mjs';
import { ON_SERVERS } from './servers.mjs';

/**
 * The stores of the lists. `set` tells when they are run, `server` what must run beside them, `requiresSession` that
 * they ask for `express-session` themselves, `mind` what a user should know, `make` gives one with nothing in it.
 */
export const ROWS = [...IN_MEMORY, ...EMBEDDED, ...ON_SERVERS, ...EMULATED, ...MORE, ...NOT_RUNNABLE];
