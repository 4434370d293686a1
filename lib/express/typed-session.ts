import type { ExpressCookieOptions, ExpressSessionOptions } from './express-options.js';
import type * as types from './express-types.js';
import { session as untyped, type ExpressSessionHandler } from './middleware.js';

/** express-session's function and its properties, typed as in express-session. */
export const session = untyped as unknown as ((
  options?: ExpressSessionOptions | null,
) => ExpressSessionHandler) & {
  Cookie: typeof types.Cookie;
  MemoryStore: typeof types.MemoryStore;
  Session: typeof types.Session;
  Store: typeof types.Store;
};

/** The type names of express-session. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- applications write session.SessionOptions
export declare namespace session {
  type SessionOptions = ExpressSessionOptions;
  type CookieOptions = ExpressCookieOptions;
  type SessionData = types.SessionData;
  type Cookie = types.Cookie;
  type Session = types.Session;
  type Store = types.Store;
  type MemoryStore = types.MemoryStore;
}

/** The classes of express-session. */
export const { Cookie, MemoryStore, Session, Store } = session;

/** The cookie of a session. */
export type Cookie = types.Cookie;
/** A session. */
export type Session = types.Session;
/** The base class of stores. */
export type Store = types.Store;
/** Sessions in the memory of this process, for development. */
export type MemoryStore = types.MemoryStore;
