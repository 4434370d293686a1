import { randomBytes } from 'node:crypto';
import { hours } from '../../core/util/clock.js';
import { Cookie } from './cookie.js';
import { callStore, type CallbackMethodName } from './callback-store.js';
import { Session } from './session.js';

/** When a stored session is over, by its cookie; `null` where that does not tell. Epoch milliseconds. */
export function expiryOf(cookie: unknown): number | null {
  const { expires, _expires } = (cookie ?? {}) as { readonly expires?: unknown; readonly _expires?: unknown };
  const told = expires ?? _expires;
  if (!(told instanceof Date) && typeof told !== 'string') return null;
  const at = new Date(told).getTime();
  return Number.isNaN(at) ? null : at;
}

/** What is known of each store; a failed trial is made again. */
const trials = new WeakMap<object, Promise<boolean>>();

/**
 * Whether a store's cookies tell when its sessions are over. Most stores with a time of their own move that alone at a touch
 * and leave the cookie as it was: what it says is no reason to end a session.
 *
 * Asked once for each store, when one of its sessions looks over: by a session made for that, which nobody can name.
 */
export async function reportsExpiry(store: object, limitMs: number | null): Promise<boolean> {
  const trial = trials.get(store) ?? tryTouch(store, limitMs);
  trials.set(store, trial);
  try {
    return await trial;
  } catch {
    trials.delete(store);
    return false;
  }
}

async function tryTouch(store: object, limitMs: number | null): Promise<boolean> {
  if (typeof (store as { readonly touch?: unknown }).touch !== 'function') return true;
  // Begins with a letter: some stores refuse other ids.
  const id = `a${randomBytes(24).toString('base64url').slice(1)}`;
  const ask = <T>(method: CallbackMethodName, ...args: unknown[]): Promise<T> =>
    callStore<T>(store, method, [id, ...args], limitMs);
  const session = new Session({ sessionID: id, sessionStore: store });
  session.cookie = new Cookie({ maxAge: hours(1) });
  await ask('set', session);
  try {
    session.cookie.maxAge = hours(2);
    await ask('touch', session);
    const found = await ask<{ readonly cookie?: unknown } | null>('get');
    return (expiryOf(found?.cookie) ?? 0) > Date.now() + hours(1.5);
  } finally {
    ask('destroy').catch(() => undefined);
  }
}
