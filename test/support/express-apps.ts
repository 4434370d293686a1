import { createRequire } from 'node:module';
import express from 'express';
import expressSession from 'express-session';
import { session } from 'nest-session/express';

export type Express = typeof express;
/** The function of express-session, as an application imports it. */
export type SessionFunction = typeof expressSession;
/** A session with any attributes. */
export type AnySession = expressSession.Session & Record<string, unknown>;

/** `nest-session/express` with the types of express-session. */
export const dropIn = session as unknown as SessionFunction;
export const original = expressSession;

// Express 4 is installed under an alias without types. The types of Express 5 are close enough.
const express4 = createRequire(import.meta.url)('express4') as Express;

/** The two versions of Express, for `describe.each`. */
export const EXPRESS_VERSIONS = [
  ['Express 4', express4],
  ['Express 5', express],
] as const;

/** Each version of Express with each of the two packages: an application must not notice a difference. */
export const IMPORTS = EXPRESS_VERSIONS.flatMap(
  ([version, make]) =>
    [
      ['express-session', version, make, original],
      ['nest-session/express', version, make, dropIn],
    ] as const,
);

/** The options in the first example of express-session's documentation. */
export const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: false } as const;

/** The session of a request that has one. */
export function sessionOf(req: { session?: unknown }): AnySession {
  return req.session as AnySession;
}

/** The `name=value` of the session cookie in a response of supertest; `undefined` if there is none. */
export function sidOf(
  response: { headers: Record<string, unknown> },
  name = 'connect.sid',
): string | undefined {
  const lines = (response.headers['set-cookie'] ?? []) as string[];
  return lines.map((line) => line.split(';')[0]!).find((pair) => pair.startsWith(`${name}=`));
}
