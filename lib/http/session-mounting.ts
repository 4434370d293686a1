import type { IncomingMessage } from 'node:http';
import { outsidePromises } from './call-listener.js';
import {
  ATTACHED,
  attachedOf,
  type AttachedSession,
  type Mounting,
  type RequestWithSessions,
} from './request-properties.js';

/** Claims the request for a session of this name. Returns the session that has claimed it before, if any. */
export function claim(req: IncomingMessage, session: AttachedSession): AttachedSession | undefined {
  const request = req as RequestWithSessions;
  const others = request[ATTACHED];
  const claimed = others === undefined ? undefined : attachedOf(req, session.name);
  if (claimed === undefined) request[ATTACHED] = others === undefined ? [session] : [session, ...others];
  return claimed;
}

/** Mounts the session: the application can read it, and calls that wait for it continue. */
export function mount(session: AttachedSession): void {
  const { stage } = session;
  session.stage = 'mounted';
  if (typeof stage === 'object') stage.settle();
}

/** Reverts {@link claim} for a session that could not be loaded: a later call loads it again. */
export function unclaim(req: IncomingMessage, session: AttachedSession, error: unknown): void {
  const request = req as RequestWithSessions;
  request[ATTACHED] = request[ATTACHED]?.filter((one) => one !== session);
  if (typeof session.stage === 'object') session.stage.settle({ error });
}

/**
 * Continues a request whose session another call of the middleware loads, as soon as that session is mounted.
 * The namespaces of a socket.io server share one request, for example.
 */
export function onceMounted(
  session: AttachedSession,
  next: () => void,
  failed: (error: unknown) => void,
): void {
  if (session.stage === 'mounted' || session.stage === 'accessed') return next();
  if (session.stage === 'claimed') session.stage = mounting();
  session.stage.mounted.then(
    () => outsidePromises(() => next()),
    (error: unknown) => outsidePromises(() => failed(error)),
  );
}

/** Sessions of handshakes that are being loaded, by their names, also before the request is claimed for them. */
const arriving = new WeakMap<IncomingMessage, Map<string, Promise<unknown>>>();

/** Makes {@link whenMounted} wait for a load, also while promised cookie options keep it from its claim. */
export function announce(req: IncomingMessage, name: string, loading: Promise<unknown>): void {
  // The callers of `whenMounted` receive the error.
  loading.catch(() => undefined);
  arriving.set(req, (arriving.get(req) ?? new Map<string, Promise<unknown>>()).set(name, loading));
}

/** Waits for a session that is being loaded, such as that of a handshake. Fails as its load does. */
export async function whenMounted(req: IncomingMessage, name: string): Promise<void> {
  if (attachedOf(req, name) === undefined) await arriving.get(req)?.get(name);
  const session = attachedOf(req, name);
  if (session === undefined) return;
  await new Promise<void>((resolve, reject) => onceMounted(session, resolve, reject));
}

function mounting(): Mounting {
  let settle!: Mounting['settle'];
  const mounted = new Promise<void>((resolve, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the error of the store, unchanged
    settle = (failure) => (failure === undefined ? resolve() : reject(failure.error));
  });
  return { mounted, settle };
}
