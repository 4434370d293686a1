/**
 * express-session's API over this package: an application changes one import. `require()` gives the function itself.
 *
 * @module nest-session/express
 */
import { session } from './session-function.js';

export type { ExpressCookieOptions, ExpressSessionOptions } from './express-options.js';
export type { ExpressSessionHandler } from './session-function.js';
export { Cookie } from './cookie.js';
export { MemoryStore } from './memory-store.js';
export { Session } from './session.js';
export { Store } from './store.js';
export { session, session as default, session as 'module.exports' };
