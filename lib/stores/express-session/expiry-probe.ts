import { randomBytes } from 'node:crypto';
import { hours } from '../../core/util/clock.js';
import { Cookie } from './cookie.js';
import { callStore, type StoreMethodName } from './callback-store.js';
import { Session } from './session.js';

/** When a stored session expires by its cookie, as epoch milliseconds; `null` without a valid date. */
export function expiryOf(cookie: unknown): number | null {
  const { expires, _expires } = (cookie ?? {}) as { readonly expires?: unknown; readonly _expires?: unknown };
  const date = expires ?? _expires;
  if (!(date instanceof Date) && typeof date !== 'string') return null;
  const at = new Date(date).getTime();
  return Number.isNaN(at) ? null : at;
}

/** Result of the probe of each store. */
const probes = new WeakMap<object, Promise<boolean>>();

/**
 * Whether a session has expired when its stored cookie has. Most stores with a lifetime of their own extend
 * only that at a touch and leave the cookie unchanged: there the cookie's date is no reason to end a session.
 *
 * Probed once per store, when one of its sessions first looks expired, with a session under a random id.
 * `false` if the probe fails; the next call repeats it.
 */
export async function isExpiryReliable(store: object, limitMs: number | null): Promise<boolean> {
  const probe = probes.get(store) ?? movesExpiryAtTouch(store, limitMs);
  probes.set(store, probe);
  try {
    return await probe;
  } catch {
    probes.delete(store);
    return false;
  }
}

async function movesExpiryAtTouch(store: object, limitMs: number | null): Promise<boolean> {
  if (typeof (store as { readonly touch?: unknown }).touch !== 'function') return true;
  // Begins with a letter: some stores refuse other ids.
  const id = `a${randomBytes(24).toString('base64url').slice(1)}`;
  const call = <T>(method: StoreMethodName, ...args: unknown[]): Promise<T> =>
    callStore<T>(store, method, [id, ...args], limitMs);
  const session = new Session({ sessionID: id, sessionStore: store });
  session.cookie = new Cookie({ maxAge: hours(1) });
  await call('set', session);
  try {
    session.cookie.maxAge = hours(2);
    await call('touch', session);
    const found = await call<{ readonly cookie?: unknown } | null>('get');
    return (expiryOf(found?.cookie) ?? 0) > Date.now() + hours(1.5);
  } finally {
    call('destroy').catch(() => undefined);
  }
}
