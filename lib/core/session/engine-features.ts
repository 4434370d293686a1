import type { EventSink } from '../session-event.js';
import { DEFAULT_NAME } from '../store/principal-scope.js';
import type { CredentialStamps } from './credential-stamp.js';
import type { UserSession } from './user-session.js';

/** What an engine does beyond storing sessions. */
export interface EngineFeatures {
  /** The name of its sessions: they have their own principals and their own epoch on a shared store. */
  readonly realm: string;
  readonly sink: EventSink;
  /** The option `principal`: whose session it is, by its attributes. `null` without the option. */
  readonly principalOf: ((session: UserSession) => unknown) | null;
  /** The option `device`: what is recorded of a login, by the request. `null` without the option. */
  readonly deviceOf: ((context: unknown) => unknown) | null;
  /** The option `credentialStamp`; `null` without the option. */
  readonly stamps: CredentialStamps | null;
}

/** The features of an engine that is given none. */
export const NO_FEATURES: EngineFeatures = {
  realm: DEFAULT_NAME,
  sink: { isOn: false, emit: () => undefined },
  principalOf: null,
  deviceOf: null,
  stamps: null,
};
