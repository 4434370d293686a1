import { describeValue } from '../core/util/describe-value.js';
import type { SessionEvent } from '../core/session-event.js';
import { configError } from '../http/check-options.js';
import { SESSION_LISTENER } from './session.constants.js';

/** The types of session events. */
export type SessionEventType = SessionEvent['type'];

/** The events of some types. */
export type SessionEventOf<T extends SessionEventType> = Extract<SessionEvent, { readonly type: T }>;

/** Every event type. As an object, so that a new type of the union is missed at compile time. */
const TYPES: Readonly<Record<SessionEventType, true>> = {
  created: true,
  login: true,
  logout: true,
  regenerated: true,
  revoked: true,
  'limit-reached': true,
  expired: true,
  rejected: true,
  'store-down': true,
  'store-up': true,
  'corrupt-record': true,
  'sweep-failed': true,
};

/**
 * Calls a method of a provider with each event of these types: `@OnSession('login', 'logout')`. The provider
 * must not be request-scoped or transient (`ERR_SESSION_CONFIG` at startup). With several sessions, the
 * method gets the events of all of them: `event.sessionName` is the name.
 *
 * The method runs in a later turn of the event loop, so no request waits for it. If it throws or rejects, the
 * error is logged as a warning. No event contains an id, a key or data of a session.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an unknown type, and without a type.
 */
export function OnSession<T extends SessionEventType>(
  ...types: [T, ...T[]]
): <M extends (event: SessionEventOf<T>) => unknown>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void {
  if (types.length === 0) throw configError(`@OnSession takes at least one of ${knownTypes}, got none.`);
  for (const type of types) checkType(type);
  return (_target, _name, descriptor) => {
    const method = descriptor.value!;
    const former = listenedTypes(method);
    Reflect.defineMetadata(SESSION_LISTENER, new Set<SessionEventType>([...former, ...types]), method);
  };
}

/** The types that `@OnSession` sets at a method. */
export function listenedTypes(method: object): ReadonlySet<SessionEventType> {
  return (Reflect.getMetadata(SESSION_LISTENER, method) as Set<SessionEventType> | undefined) ?? new Set();
}

const knownTypes = Object.keys(TYPES).join(', ');

function checkType(type: unknown): void {
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return;
  throw configError(`@OnSession takes types of session events (${knownTypes}), got ${describeValue(type)}.`);
}
