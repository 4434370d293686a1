import type { CipherKey } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ExpressRequest } from './express-types.js';
import type { Secret } from '../cookie/cookie-signature.js';
import type { SessionCookie } from '../core/session/session-cookie.js';
import { describeWithoutText } from '../core/util/describe-value.js';
import { seconds } from '../core/util/clock.js';
import type { CallbackStore } from '../stores/express-session/callback-store.js';
import { MemoryStore } from './memory-store.js';
import type { Store } from '../stores/express-session/store.js';

/** The attributes of the cookie. */
export interface ExpressCookieOptions {
  domain?: string | undefined;
  expires?: Date | null | undefined;
  httpOnly?: boolean | undefined;
  maxAge?: number | null | undefined;
  originalMaxAge?: number | null | undefined;
  partitioned?: boolean | undefined;
  path?: string | undefined;
  priority?: SessionCookie['priority'];
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  secure?: boolean | 'auto' | undefined;
  signed?: boolean | undefined;
  encode?: ((value: string) => string) | undefined;
}

/** A function that may declare any framework's request: parameters of methods are bivariant. */
type RequestFunction<T> = { of(req: ExpressRequest): T }['of'];

/** The options of express-session, with its defaults. */
export interface ExpressSessionOptions {
  cookie?: ExpressCookieOptions | RequestFunction<ExpressCookieOptions> | undefined;
  genid?: RequestFunction<string> | undefined;
  /** @defaultValue `'connect.sid'` */
  name?: string | undefined;
  /** The former name of `name`. */
  key?: string | undefined;
  proxy?: boolean | undefined;
  /** @defaultValue `true`, with a deprecation message */
  resave?: boolean | undefined;
  /** @defaultValue `false` */
  rolling?: boolean | undefined;
  /** @defaultValue `true`, with a deprecation message */
  saveUninitialized?: boolean | undefined;
  secret?: CipherKey | readonly CipherKey[] | undefined;
  /** @defaultValue a new `MemoryStore` */
  store?: CallbackStore | undefined;
  /**
   * Deadline of each store call, in milliseconds; `Infinity` for no deadline, as in express-session, which
   * does not have this option.
   * @defaultValue 10 seconds
   */
  storeTimeout?: number | undefined;
  /** @defaultValue `'keep'` */
  unset?: 'destroy' | 'keep' | undefined;
}

/** The options with defaults applied. */
export interface ResolvedExpressOptions {
  readonly cookie: NonNullable<ExpressSessionOptions['cookie']>;
  readonly genid: ((req: IncomingMessage) => string) | null;
  readonly name: string;
  readonly proxy: boolean | undefined;
  readonly resave: boolean;
  readonly rolling: boolean;
  readonly saveUninitialized: boolean;
  readonly secrets: readonly Secret[] | null;
  readonly store: Store;
  /** The store had a `touch` when the middleware was created (R18). */
  readonly storeTouches: boolean;
  readonly storeTimeoutMs: number | null;
  readonly unset: 'destroy' | 'keep';
}

/**
 * Checks the options in the order of express-session, with its messages and deprecations.
 *
 * @throws TypeError for an invalid `genid`, `unset` or `storeTimeout`, and for an empty array of secrets.
 * @see parity rules R1 to R9
 */
export function readExpressOptions(
  options: ExpressSessionOptions | null | undefined,
  deprecate: (message: string) => void,
): ResolvedExpressOptions {
  const given = options ?? {};
  const { genid, unset, secret, resave, saveUninitialized } = given;
  if (genid && typeof genid !== 'function') throw new TypeError('genid option must be a function');
  if (resave === undefined) deprecate('undefined resave option; provide resave option');
  if (saveUninitialized === undefined)
    deprecate('undefined saveUninitialized option; provide saveUninitialized option');
  if (unset && unset !== 'destroy' && unset !== 'keep')
    throw new TypeError('unset option must be "destroy" or "keep"');
  if (Array.isArray(secret) && secret.length === 0)
    throw new TypeError('secret option array must contain one or more strings');
  if (!secret) deprecate('req.secret; provide secret option');
  const store = (given.store as Store | undefined) || new MemoryStore();
  return {
    cookie: given.cookie || {},
    genid: (genid as ResolvedExpressOptions['genid'] | undefined) || null,
    name: given.name || given.key || 'connect.sid',
    proxy: given.proxy,
    resave: resave === undefined ? true : Boolean(resave),
    rolling: Boolean(given.rolling),
    saveUninitialized: saveUninitialized === undefined ? true : Boolean(saveUninitialized),
    secrets: secret ? ((Array.isArray(secret) ? secret : [secret]) as readonly Secret[]) : null,
    store,
    storeTouches: typeof store.touch === 'function',
    storeTimeoutMs: readTimeout(given.storeTimeout),
    unset: unset || 'keep',
  };
}

function readTimeout(timeout = seconds(10)): number | null {
  if (timeout === Number.POSITIVE_INFINITY) return null;
  if (Number.isSafeInteger(timeout) && timeout > 0) return timeout;
  throw new TypeError(
    `storeTimeout option must be a positive whole number of milliseconds or Infinity, got ${describeWithoutText(timeout)}`,
  );
}
