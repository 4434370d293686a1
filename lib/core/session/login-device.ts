import { SessionError } from '../errors.js';
import { describeKind } from '../util/describe-value.js';
import { toJsonText } from '../util/json-text.js';
import type { LoginFacts } from './own-attributes.js';
import type { SessionState } from './session-state.js';
import type { RecordedDevice } from './user-session.js';

/** Longest JSON text of a device. Every request loads it with the session. */
const MOST_BYTES = 1024;

type DeviceFacts = Pick<LoginFacts, 'device'>;

const NO_OPTION: DeviceFacts = {};

/**
 * A copy of what the option `device` returns for the request of a login. Empty without the option, and with
 * an `undefined` device if it returns nothing.
 *
 * @throws SessionError `ERR_SESSION_VALUE`, and whatever the option throws.
 */
export function deviceFacts({ parts, request }: SessionState): DeviceFacts {
  const { deviceOf } = parts.features;
  return deviceOf === null ? NO_OPTION : { device: checkedDevice(deviceOf(request.context)) };
}

function checkedDevice(value: unknown): RecordedDevice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Promise) {
    // No other code can catch its rejection.
    value.catch(() => undefined);
    throw shapeError(value);
  }
  if (typeof value !== 'object') throw shapeError(value);
  const text = toJsonText(value, 'the result of the option device');
  // An array, a Date and any object with a toJSON method can have another text than that of an object.
  if (text?.startsWith('{') !== true) throw shapeError(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) throw lengthError(bytes);
  return JSON.parse(text) as RecordedDevice;
}

function shapeError(value: unknown): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `The option device must return an object such as { browser: "Firefox" }, null or undefined, and not a promise, got ${describeKind(value)}.`,
  );
}

function lengthError(bytes: number): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `The option device has returned ${bytes} bytes of JSON, and a session records at most ${MOST_BYTES}. Return fewer properties, and shorten texts that the client sends, such as User-Agent.`,
  );
}
