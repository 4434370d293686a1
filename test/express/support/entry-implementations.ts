import { createHmac } from 'node:crypto';
import { compileFunction } from 'node:vm';
import expressSession from 'express-session';
import session from 'nest-session/express';
import type { session as untyped } from '../../../lib/express/middleware.js';
import { SECRET } from '../../support/secret.js';

/** The function of express-session and of nest-session/express, with the internal types of its objects. */
export type SessionFunction = typeof untyped;
export type AnyFunction = SessionFunction | typeof session;
export type Options = NonNullable<Parameters<SessionFunction>[0]>;
export type AnyStore = InstanceType<SessionFunction['MemoryStore']>;

export const ORIGINAL = expressSession as unknown as SessionFunction;

/** Both, for `describe.each`: a test that passes for both shows that they are equal. */
export const IMPLEMENTATIONS: readonly (readonly [string, SessionFunction])[] = [
  ['express-session', ORIGINAL],
  ['nest-session/express', session as unknown as SessionFunction],
];

/** Options without deprecations. */
export const QUIET = { secret: SECRET, resave: false, saveUninitialized: false } as const;

/** The value of a session cookie. */
export function signed(id: string, secret = SECRET): string {
  const signature = createHmac('sha256', secret).update(id).digest('base64');
  return `s:${id}.${signature.replace(/=+$/, '')}`;
}

export const cookieFor = (id: string, secret = SECRET): string =>
  `connect.sid=${encodeURIComponent(signed(id, secret))}`;

/** A memory store with sessions that records its calls. */
export function recordingStore(
  session: AnyFunction,
  sessions: Record<string, object> = {},
): AnyStore & { calls: string[] } {
  const store = new (session as SessionFunction).MemoryStore();
  const calls: string[] = [];
  for (const [id, data] of Object.entries(sessions))
    store.sessions[id] = JSON.stringify({ cookie: PLAIN_COOKIE, ...data });
  for (const name of ['get', 'set', 'touch', 'destroy'] as const) {
    const method = store[name] as (...args: unknown[]) => void;
    Object.assign(store, {
      [name]: (...args: unknown[]) => {
        calls.push(name);
        method.apply(store, args);
      },
    });
  }
  return Object.assign(store, { calls });
}

/** A stored cookie with default attributes. */
export const PLAIN_COOKIE = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };

let sites = 0;

/** Calls `session(options)` from a new call site: deprecations are emitted once per call site. */
export function fromItsOwnPlace(session: AnyFunction, options?: object | null): string {
  const place = `application-${++sites}.js`;
  const call = compileFunction('session(options)', ['session', 'options'], { filename: place });
  (call as (...args: unknown[]) => void)(session, options);
  return place;
}

/** A message of depd. */
export type Deprecation = Error & { namespace: string };

/** The deprecation messages during an action. */
export async function deprecationsOf(action: () => unknown): Promise<Deprecation[]> {
  const deprecations: Deprecation[] = [];
  const listener = (error: Deprecation): void => void deprecations.push(error);
  process.on('deprecation' as never, listener as never);
  try {
    await action();
  } finally {
    process.off('deprecation', listener);
  }
  return deprecations;
}

/** Suppresses the output of deprecations in a test file. */
export function ignoreDeprecations(): void {
  const ignore = (): void => undefined;
  beforeAll(() => void process.on('deprecation' as never, ignore));
  afterAll(() => void process.off('deprecation', ignore));
}

export const textsOf = (errors: readonly Error[]): string[] => errors.map(({ message }) => message);

/** The value that a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
