import { SessionError } from '../errors.js';
import { NEVER, type SessionRecord } from '../store/session-record.js';
import { describeWithoutText } from '../util/describe-value.js';
import { lifetimesOf, type Lifetimes } from './expiry.js';
import { LIFETIME, type OwnLifetime } from './own-attributes.js';
import { editOwn, ownText, type EditedState, type OwnState } from './own-edits.js';

/** The part of a session's state that its timeouts depend on. */
interface TimedState extends OwnState {
  readonly parts: { readonly lifetimes: Lifetimes };
  readonly identity: Pick<SessionRecord, 'createdAt'>;
}

/** The timeouts of the session, as this request has set them. */
export function presentLifetimes(state: TimedState): Lifetimes {
  const { edits, own, moving, stored } = state;
  const hasNone = edits === null && own === null && moving === null && (stored?.lifetime ?? null) === null;
  if (hasNone) return state.parts.lifetimes;
  return lifetimesOf(state.parts.lifetimes, ownText(state, LIFETIME));
}

/**
 * Sets the timeouts of this session from the argument of `session.setLifetime()`; `null` removes them.
 * @throws SessionError `ERR_SESSION_VALUE`
 */
export function setLifetime(state: TimedState & EditedState, given: unknown): void {
  const text = lifetimeText(given);
  if (text === (ownText(state, LIFETIME) ?? null)) return;
  editOwn(state, LIFETIME, text);
  state.cookie.endBy(state.identity.createdAt + presentLifetimes(state).absoluteMs);
}

/** The text to store; `null` for no timeouts of its own. */
function lifetimeText(given: unknown): string | null {
  if (given === null) return null;
  if (typeof given !== 'object' || Array.isArray(given)) throw shapeError(given);
  const { idle, absolute, ...others } = given as Record<string, unknown>;
  for (const name of Object.keys(others)) throw nameError(name);
  const lifetime: OwnLifetime = {
    ...(idle === undefined ? {} : { idle: checkedDuration('idle', idle) }),
    ...(absolute === undefined ? {} : { absolute: checkedDuration('absolute', absolute) }),
  };
  return Object.keys(lifetime).length === 0 ? null : JSON.stringify(lifetime);
}

/** JSON has no `Infinity`: the last instant of a `Date` is later than the end of any session. */
function checkedDuration(name: string, value: unknown): number {
  if (value === Infinity) return NEVER;
  if (Number.isSafeInteger(value) && Number(value) > 0) return Math.min(Number(value), NEVER);
  throw valueError(
    `The ${name} of setLifetime() must be a positive whole number of milliseconds such as days(30), or Infinity, got ${describeWithoutText(value)}.`,
  );
}

const shapeError = (given: unknown): SessionError =>
  valueError(
    `setLifetime() takes an object such as { idle: days(30) }, or null to follow the options, got ${describeWithoutText(given)}.`,
  );

const nameError = (name: string): SessionError =>
  valueError(`setLifetime() has no value ${JSON.stringify(name)}. Set idle, absolute or both.`);

const valueError = (message: string): SessionError =>
  new SessionError('ERR_SESSION_VALUE', `${message} The lifetime is unchanged.`);
