import type { IncomingMessage } from 'node:http';
import {
  ATTACHED,
  attachedOf,
  type AttachedSession,
  type Mounting,
  type RequestWithSessions,
} from './request-properties.js';
import { outsidePromises } from './call-listener.js';

/** Takes the request for a session of this name, or returns the session that another call has taken it for. */
export function claim(req: IncomingMessage, session: AttachedSession): AttachedSession | undefined {
  const request = req as RequestWithSessions;
  const claimed = attachedOf(req, session.name);
  if (claimed !== undefined) return claimed;
  session.other = request[ATTACHED];
  request[ATTACHED] = session;
  return undefined;
}

/** Reverts {@link claim} for a session that could not be loaded: a later call for the same request loads it again. */
export function unclaim(req: IncomingMessage, session: AttachedSession): void {
  const request = req as RequestWithSessions;
  request[ATTACHED] = without(request[ATTACHED], session);
}

function without(first: AttachedSession | undefined, session: AttachedSession): AttachedSession | undefined {
  if (first === undefined || first === session) return first?.other;
  first.other = without(first.other, session);
  return first;
}

/**
 * Continues a request whose session another call of the middleware loads, as soon as that session is mounted. The
 * namespaces of a socket.io server share one request, for example.
 */
export function onceMounted(
  session: AttachedSession,
  next: () => void,
  failed: (error: unknown) => void,
): void {
  if (session.isMounted) return next();
  session.waiting ??= mounting();
  session.waiting.mounted.then(
    () => outsidePromises(() => next()),
    (error: unknown) => outsidePromises(() => failed(error)),
  );
}

function mounting(): Mounting {
  let settle!: Mounting['settle'];
  const mounted = new Promise<void>((resolve, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the store threw, as it is
    settle = (failure) => (failure === undefined ? resolve() : reject(failure.error));
  });
  return { mounted, settle };
}
