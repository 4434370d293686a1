import { configError } from '../http/check-options.js';
import { DEFAULT_SESSION } from '../http/request-properties.js';

/** The session of one module. */
export interface ClaimedSession {
  readonly sessionName: string;
  readonly cookieName: string;
  readonly store: object;
}

/** The sessions of each application, by its adapter host. */
const claimed = new WeakMap<object, ClaimedSession[]>();

/**
 * Registers a session of an application.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` when another module has the same session with another store, or
 * another session with the same cookie name.
 */
export function claimSession(application: object, session: ClaimedSession): void {
  const sessions = claimed.get(application) ?? [];
  for (const other of sessions) checkTogether(other, session);
  claimed.set(application, [...sessions, session]);
}

function checkTogether(one: ClaimedSession, other: ClaimedSession): void {
  const isSameSession = one.sessionName === other.sessionName;
  // Requests would use the first store, and Nest would inject the second.
  if (isSameSession && one.store !== other.store) {
    throw configError(
      `${describe(one)} is registered twice, with different stores. Import its SessionModule.forRoot() once, in the root ` +
        'module, or give one of them a sessionName and a cookie name of its own.',
    );
  }
  // Each response would overwrite the cookie of the other session.
  if (!isSameSession && one.cookieName === other.cookieName) {
    throw configError(
      `The sessions ${JSON.stringify(one.sessionName)} and ${JSON.stringify(other.sessionName)} have the same cookie name ` +
        `${JSON.stringify(one.cookieName)}. Set the option name of each to a name of its own.`,
    );
  }
}

const describe = ({ sessionName }: ClaimedSession): string =>
  sessionName === DEFAULT_SESSION ? 'The default session' : `The session ${JSON.stringify(sessionName)}`;
