import type { ExpressCookieOptions, ExpressSessionOptions } from './express-options.js';
import type * as types from './express-types.js';
import { session as untyped, type ExpressSessionHandler } from './middleware.js';

/** express-session's function and its parts, typed as applications know them. */
export const session = untyped as unknown as ((
  options?: ExpressSessionOptions | null,
) => ExpressSessionHandler) & {
  Cookie: typeof types.Cookie;
  MemoryStore: typeof types.MemoryStore;
  Session: typeof types.Session;
  Store: typeof types.Store;
};

/** The types of express-session, under its names. */
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

/** The cookie of a session. */
export const Cookie = session.Cookie;
/** The cookie of a session. */
export type Cookie = types.Cookie;

/** A session. */
export const Session = session.Session;
/** A session. */
export type Session = types.Session;

/** The base of stores. */
export const Store = session.Store;
/** The base of stores. */
export type Store = types.Store;

/** Sessions in the memory of this process, for development. */
export const MemoryStore = session.MemoryStore;
/** Sessions in the memory of this process, for development. */
export type MemoryStore = types.MemoryStore;
