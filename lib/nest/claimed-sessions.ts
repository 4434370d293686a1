import { SessionError } from '../core/errors.js';
import { DEFAULT_SESSION } from '../http/request-properties.js';

/** What a module has of one session. */
export interface ClaimedSession {
  readonly sessionName: string;
  readonly cookieName: string;
  readonly store: object;
}

/** The sessions of each application. */
const claimed = new WeakMap<object, ClaimedSession[]>();

/**
 * Notes a session of an application.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where another module has the same session with another store, or another
 * session with the same cookie name.
 */
export function claimSession(application: object, session: ClaimedSession): void {
  const sessions = claimed.get(application) ?? [];
  for (const other of sessions) checkTogether(other, session);
  claimed.set(application, [...sessions, session]);
}

function checkTogether(one: ClaimedSession, other: ClaimedSession): void {
  const isSameSession = one.sessionName === other.sessionName;
  // The first would serve requests, while Nest injects the other.
  if (isSameSession && one.store !== other.store) {
    throw configError(
      `${describe(one)} is registered twice, with different stores. Import its SessionModule.forRoot() once, in the root ` +
        'module, or give one of them a sessionName and a cookie name of its own.',
    );
  }
  // They would overwrite each other's cookie with each response.
  if (!isSameSession && one.cookieName === other.cookieName) {
    throw configError(
      `The sessions ${JSON.stringify(one.sessionName)} and ${JSON.stringify(other.sessionName)} have the same cookie name ${JSON.stringify(one.cookieName)}. Give each its own option name.`,
    );
  }
}

const describe = ({ sessionName }: ClaimedSession): string =>
  sessionName === DEFAULT_SESSION ? 'The default session' : `The session ${JSON.stringify(sessionName)}`;

const configError = (message: string): SessionError => new SessionError('ERR_SESSION_CONFIG', message);
