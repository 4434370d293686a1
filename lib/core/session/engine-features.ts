import type { EventSink } from '../session-event.js';
import { DEFAULT_NAME } from '../store/principal-scope.js';
import type { PrincipalLimit } from '../store/session-store.js';
import type { Awaitable } from '../util/awaitable.js';
import type { CredentialStamps } from './credential-stamp.js';
import type { UserSession } from './user-session.js';

/** The option `limit`: how many sessions a user may have. */
export interface LoginLimit extends Pick<PrincipalLimit, 'whenReached'> {
  /** The number for a user, by the principal that the application gave. */
  readonly perPrincipal: (principal: string) => Awaitable<unknown>;
}

/** What an engine does beyond storing sessions. */
export interface EngineFeatures {
  /** The name of its sessions: they have their own principals and their own epoch on a shared store. */
  readonly realm: string;
  readonly sink: EventSink;
  /** The option `principal`: whose session it is, by its attributes. `null` without the option. */
  readonly principalOf: ((session: UserSession) => unknown) | null;
  /** The option `device`: what is recorded of a login, by the request. `null` without the option. */
  readonly deviceOf: ((context: unknown) => unknown) | null;
  /** `null` without the option. */
  readonly limit: LoginLimit | null;
  /** The option `credentialStamp`; `null` without the option. */
  readonly stamps: CredentialStamps | null;
}

/** The features of an engine that is given none. */
export const NO_FEATURES: EngineFeatures = {
  realm: DEFAULT_NAME,
  sink: { isOn: false, emit: () => undefined },
  principalOf: null,
  deviceOf: null,
  limit: null,
  stamps: null,
};
