/**
 * express-session's API, to replace express-session by changing one import. `require()` returns the function.
 *
 * @module nest-session/express
 */
export type { ExpressCookieOptions, ExpressSessionOptions } from './express-options.js';
export type { ExpressRequest, SessionData } from './express-types.js';
export type { ExpressSessionHandler } from './middleware.js';
export { Cookie, MemoryStore, session, Session, Store } from './typed-session.js';
export { session as default, session as 'module.exports' } from './typed-session.js';
