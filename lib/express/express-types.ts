/* eslint-disable @typescript-eslint/no-explicit-any -- applications annotate errors and callbacks as they like */
import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';

/**
 * The data of an application's sessions. Augment it to type `req.session.userId`:
 * `declare module 'nest-session/express' { interface SessionData { userId: string } }`. Augmentations of
 * `'express-session'` count too, if its types are loaded.
 */
export interface SessionData extends DeclaredElsewhere {
  cookie: Cookie;
}

/** The cookie of a session. */
export declare class Cookie {
  constructor(options?: object | null);
  originalMaxAge: number | null;
  maxAge?: number | undefined;
  signed?: boolean | undefined;
  expires?: Date | null | undefined;
  httpOnly?: boolean | undefined;
  path?: string | undefined;
  domain?: string | undefined;
  secure?: boolean | 'auto' | undefined;
  sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined;
}

/** `req.session`, without its data. */
export declare class Session {
  constructor(req: object, data?: unknown);
  id: string;
  cookie: Cookie;
  regenerate(callback: (error: any) => void): this;
  destroy(callback?: ((error: any) => void) | null): this;
  reload(callback: (error: any) => void): this;
  resetMaxAge(): this;
  save(callback?: ((error: any) => void) | null): this;
  touch(): this;
}

/** The base class of stores: an emitter of `disconnect` and `connect`. */
export declare abstract class Store extends EventEmitter {
  readonly [OURS]?: true;
  regenerate(req: any, callback: (error?: any) => any): void;
  load(id: string, callback: (error: any, session?: SessionData) => any): void;
  createSession(req: any, session: SessionData): Session & SessionData;
  abstract get(id: string, callback: (error: any, session?: SessionData | null) => void): void;
  abstract set(id: string, session: SessionData, callback?: (error?: any) => void): void;
  abstract destroy(id: string, callback?: (error?: any) => void): void;
  all?(callback: (error: any, sessions?: SessionData[] | Record<string, SessionData> | null) => void): void;
  length?(callback: (error: any, length?: number) => void): void;
  clear?(callback?: (error?: any) => void): void;
  touch?(id: string, session: SessionData, callback?: () => void): void;
}

/** Sessions in the memory of this process, for development. */
export declare class MemoryStore extends Store {
  sessions: Record<string, string>;
  get(id: string, callback: (error: any, session?: SessionData | null) => void): void;
  set(id: string, session: SessionData, callback?: (error?: any) => void): void;
  destroy(id: string, callback?: (error?: any) => void): void;
  all(callback: (error: any, sessions?: Record<string, SessionData> | null) => void): void;
  length(callback: (error: any, length?: number) => void): void;
  clear(callback?: (error?: any) => void): void;
  touch(id: string, session: SessionData, callback?: () => void): void;
}

/** The properties that the middleware sets on a request. */
export interface RequestSessionParts {
  /** The session of the request. Missing before the middleware and after `destroy()`. */
  session: Session & Partial<SessionData>;
  sessionID: string;
  sessionStore: Store & { generate: (req: any) => void };
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express types its requests here
  namespace Express {
    // Inherited, since the types of express-session may declare the same properties.
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface Request extends RequestSessionParts {}
  }
}

/** The request that `genid` and `cookie` functions get. Without Express, it is Node's request only. */
export interface ExpressRequest extends IncomingMessage, Express.Request {
  readonly secure: boolean;
  readonly protocol: string;
  readonly hostname: string;
  readonly ip?: string | undefined;
  readonly path: string;
  originalUrl: string;
  get(name: string): string | undefined;
}

/** Marks the store type of this package, as opposed to that of express-session's types. */
declare const OURS: unique symbol;

/** The data that the types of express-session declare. If they are loaded, requests have their store type. */
type DeclaredElsewhere = Express.Request['sessionStore'] extends infer Theirs
  ? typeof OURS extends keyof Theirs
    ? object
    : Theirs extends { get(id: any, callback: (error: any, session?: infer Data) => void): void }
      ? Omit<NonNullable<Data>, 'cookie'>
      : object
  : object;
