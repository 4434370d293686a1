import { applicationAttributes } from '../session/attribute-name.js';
import { parseAttribute } from '../session/lazy-attribute.js';
import { RESERVED_NAMES } from '../session/session-object.js';
import type { SessionData } from '../session/user-session.js';
import type { StoredSession } from '../store/session-store.js';
import { deepFreeze } from '../util/deep-freeze.js';
import type { RegistryParts } from './registry-parts.js';
import { infoOf, type SessionInfo } from './session-info.js';

/** A read-only copy of a session: what `SessionRegistry.get()` returns, and the application's attributes. */
export interface SessionSnapshot<T extends object = SessionData> extends SessionInfo {
  /** The attributes by name, as of the moment of the call. Each may be absent. Frozen, with all values in it. */
  readonly data: [keyof T] extends [never] ? Readonly<Record<string, unknown>> : Readonly<Partial<T>>;
}

/** @throws SessionError `ERR_SESSION_VALUE` for an attribute whose stored text is not JSON. */
export function sessionSnapshotOf<T extends object>(
  session: StoredSession,
  parts: RegistryParts,
): SessionSnapshot<T> {
  const texts = applicationAttributes(session.record.attributes, RESERVED_NAMES);
  const values = [...texts].map(([name, text]): [string, unknown] => [name, parseAttribute(text, name)]);
  const data = Object.fromEntries(values) as SessionSnapshot<T>['data'];
  return deepFreeze({ ...infoOf(session, parts, []), data });
}
