import type { IncomingMessage } from 'node:http';
import deprecation from 'depd';
import type { Secret } from '../cookie/cookie-signature.js';
import { MemoryStore } from './memory-store.js';
import type { Store } from './store.js';

/** The attributes of the cookie; also others, which are kept as they are. */
export interface ExpressCookieOptions {
  domain?: string | undefined;
  expires?: Date | null | undefined;
  httpOnly?: boolean | undefined;
  maxAge?: number | null | undefined;
  originalMaxAge?: number | null | undefined;
  partitioned?: boolean | undefined;
  path?: string | undefined;
  priority?: 'low' | 'medium' | 'high' | undefined;
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  secure?: boolean | 'auto' | undefined;
}

/** The options of express-session, with its defaults. */
export interface ExpressSessionOptions {
  cookie?: ExpressCookieOptions | ((req: IncomingMessage) => ExpressCookieOptions) | undefined;
  genid?: ((req: IncomingMessage) => string) | undefined;
  /** @defaultValue `'connect.sid'` */
  name?: string | undefined;
  /** The former word for `name`. */
  key?: string | undefined;
  proxy?: boolean | undefined;
  /** @defaultValue `true`, with a deprecation message */
  resave?: boolean | undefined;
  /** @defaultValue `false` */
  rolling?: boolean | undefined;
  /** @defaultValue `true`, with a deprecation message */
  saveUninitialized?: boolean | undefined;
  secret?: Secret | readonly Secret[] | undefined;
  /** @defaultValue a new `MemoryStore` */
  store?: Store | undefined;
  /** @defaultValue `'keep'` */
  unset?: 'destroy' | 'keep' | undefined;
}

/** The options, read once. */
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
  readonly unset: 'destroy' | 'keep';
}

const deprecate = deprecation('express-session');

/**
 * Reads the options as express-session does, in its order and with its words.
 *
 * @throws TypeError for `genid`, `unset` and an empty list of secrets.
 * @see parity rules R1 to R9
 */
export function readExpressOptions(options: ExpressSessionOptions | null = {}): ResolvedExpressOptions {
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
  return {
    cookie: given.cookie || {},
    genid: genid || null,
    name: given.name || given.key || 'connect.sid',
    proxy: given.proxy,
    resave: resave === undefined ? true : Boolean(resave),
    rolling: Boolean(given.rolling),
    saveUninitialized: saveUninitialized === undefined ? true : Boolean(saveUninitialized),
    secrets: secret ? ((Array.isArray(secret) ? secret : [secret]) as readonly Secret[]) : null,
    store: given.store || new MemoryStore(),
    unset: unset || 'keep',
  };
}
