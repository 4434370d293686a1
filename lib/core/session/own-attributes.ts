import { DEFAULT_NAME } from '../store/principal-scope.js';
import { applicationName, COOKIE } from './attribute-name.js';
import type { RecordedDevice } from './user-session.js';

/** The handle of a session that has had another id. Other sessions derive theirs from the id. */
export const HANDLE = '$handle';
/** The login of a session: {@link LoginFacts}. */
export const LOGIN = '$login';
/** The name of a session that has another one than the default. */
export const NAME = '$name';

/** The lifetime of this session, where `setLifetime()` has set one. */
export const LIFETIME = '$lifetime';
/** The hash of the credential that the session was bound by. */
export const STAMP = '$stamp';
/** The attributes of the engine that a patch can change. */
export const PATCHED: readonly string[] = [LIFETIME, STAMP];

/** Attributes of the engine besides the cookie settings, as JSON texts by stored name. */
export type OwnTexts = ReadonlyMap<string, string>;

/** When and how a user has signed in. */
export interface LoginFacts {
  /** The last login or step-up. Epoch milliseconds. */
  readonly at: number;
  /** The last use of each method. Epoch milliseconds. */
  readonly methods: Readonly<Record<string, number>>;
  /** The result of the option `device`; absent without one. */
  readonly device?: RecordedDevice | undefined;
  /** The option `principal` has bound the session, not `login()`. */
  readonly via?: 'option';
}

/** The lifetime that `setLifetime()` has set. Milliseconds; absent to follow the options. */
export interface OwnLifetime {
  readonly idle?: number;
  readonly absolute?: number;
}

/** The engine's attributes of a record. */
export function ownTexts(stored: ReadonlyMap<string, string>): Map<string, string> {
  const own = new Map<string, string>();
  for (const [name, text] of stored)
    if (name !== COOKIE && applicationName(name) === null) own.set(name, text);
  return own;
}

/** What each new record of a session name has; `null` for nothing. */
export function textsOfName(sessionName: string): OwnTexts | null {
  return sessionName === DEFAULT_NAME ? null : new Map([[NAME, JSON.stringify(sessionName)]]);
}

/** The handle in an attribute; `null` without one. */
export function readHandle(text: string | undefined): string | null {
  const handle = parsed(text);
  return typeof handle === 'string' ? handle : null;
}

/** The session name in an attribute; `null` without one. */
export function readName(text: string | undefined): string | null {
  const name = parsed(text);
  return typeof name === 'string' ? name : null;
}

/** The login in an attribute; `null` without one. Each call returns another device object. */
export function readLogin(text: string | undefined): LoginFacts | null {
  const login = parsed(text) as Partial<Record<keyof LoginFacts, unknown>> | null;
  if (typeof login?.at !== 'number') return null;
  const { at, device, via } = login;
  // Without a prototype: a method of any name is found only if it was used.
  const methods = Object.assign(Object.create(null), login.methods) as Record<string, number>;
  const isDevice = typeof device === 'object' && device !== null && !Array.isArray(device);
  return {
    at,
    methods: Object.freeze(methods),
    ...(isDevice ? { device: device as RecordedDevice } : {}),
    ...(via === 'option' ? { via } : {}),
  };
}

/** The lifetime in an attribute, without invalid values. */
export function readLifetime(text: string): OwnLifetime {
  const stored = parsed(text) as Partial<Record<keyof OwnLifetime, unknown>> | null;
  const [idle, absolute] = [stored?.idle, stored?.absolute];
  return { ...(isDuration(idle) ? { idle } : {}), ...(isDuration(absolute) ? { absolute } : {}) };
}

const isDuration = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

/** The value of a JSON text; `null` for any other text. */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
