import type { IncomingMessage } from 'node:http';
import type { OpenSession } from '../core/open-session.js';
import { SessionError } from '../core/session-error.js';
import type { UserSession } from '../core/user-session.js';
import type { SessionStore } from '../core/session-store.js';

/** The session that an application has when it has only one. */
export const DEFAULT_SESSION = 'default';

/** A session at its request, and whether anyone has looked at it. */
export interface AttachedSession {
  readonly opened: OpenSession;
  readonly unset: 'keep' | 'destroy';
  readonly store: SessionStore;
  accessed: boolean;
}

const ATTACHED = Symbol.for('nest-session.attached');

interface RequestWithSessions extends IncomingMessage {
  [ATTACHED]?: Map<string, AttachedSession | null>;
  session?: unknown;
}

/** Takes the request for a session of this name; `false` where another middleware has it already. */
export function claim(req: IncomingMessage, name: string): boolean {
  const sessions = ((req as RequestWithSessions)[ATTACHED] ??= new Map());
  if (sessions.has(name)) return false;
  sessions.set(name, null);
  return true;
}

/** Puts a session in its place: under its name and, for the default one, at `req.session`. */
export function attach(req: IncomingMessage, name: string, attached: AttachedSession): void {
  const request = req as RequestWithSessions;
  request[ATTACHED]!.set(name, attached);
  if (name !== DEFAULT_SESSION) return;
  if (request.session) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      'req.session is taken by another session middleware. Remove it, or give this one a sessionName of its own.',
    );
  }
  Object.defineProperties(request, PROPERTIES);
}

/** The session of this name at a request, for whoever has only the request; `undefined` where no middleware put one. */
export function findSession(req: IncomingMessage, name: string): UserSession | undefined {
  const attached = (req as RequestWithSessions)[ATTACHED]?.get(name);
  if (attached == null) return undefined;
  attached.accessed = true;
  return attached.opened.isAlive ? attached.opened.session : undefined;
}

/** Whether a session middleware of this name has run for the request. */
export function isMounted(req: IncomingMessage, name: string): boolean {
  return (req as RequestWithSessions)[ATTACHED]?.get(name) != null;
}

/** `delete req.session` lets go of the session as `req.session = null` does. */
export function releaseIfDeleted(req: IncomingMessage, name: string, attached: AttachedSession): void {
  if (name === DEFAULT_SESSION && attached.opened.isAlive && !Object.hasOwn(req, 'session')) {
    attached.opened.release(attached.unset === 'destroy');
  }
}

/** Accessors for all requests, so that none is made per request. An id is made only for those who ask. */
const PROPERTIES: PropertyDescriptorMap & ThisType<RequestWithSessions> = {
  session: {
    get() {
      return findSession(this, DEFAULT_SESSION);
    },
    set(value: unknown) {
      const attached = this[ATTACHED]!.get(DEFAULT_SESSION)!;
      if (value === attached.opened.session) return;
      if (value != null) {
        throw new SessionError(
          'ERR_SESSION_NAME',
          'req.session cannot be replaced. Assign its attributes, call req.session.regenerate() for an empty session, or set it to null to let go of it.',
        );
      }
      attached.opened.release(attached.unset === 'destroy');
    },
    enumerable: true,
    configurable: true,
  },
  sessionID: {
    get() {
      return this[ATTACHED]!.get(DEFAULT_SESSION)!.opened.id;
    },
    configurable: true,
  },
  sessionStore: {
    get() {
      return this[ATTACHED]!.get(DEFAULT_SESSION)!.store;
    },
    configurable: true,
  },
};
