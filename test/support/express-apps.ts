import { createRequire } from 'node:module';
import express from 'express';
import expressSession from 'express-session';
import { session } from 'nest-session/express';

export type Express = typeof express;
/** The function of express-session, as an application imports it. */
export type SessionFunction = typeof expressSession;
/** A session as these applications use it: whatever they put there. */
export type AnySession = expressSession.Session & Record<string, unknown>;

/** The drop-in, under the types that an application has of express-session. */
export const dropIn = session as unknown as SessionFunction;
export const original = expressSession;

// Express 4 is installed under an alias, for which there are no types: those of Express 5 are near enough.
const express4 = createRequire(import.meta.url)('express4') as Express;

/** The two versions of Express, for `describe.each`. */
export const EXPRESS_VERSIONS = [
  ['Express 4', express4],
  ['Express 5', express],
] as const;

/** Each version of Express with each of the two packages: an application must not see which one it has. */
export const IMPORTS = EXPRESS_VERSIONS.flatMap(
  ([version, make]) =>
    [
      ['express-session', version, make, original],
      ['nest-session/express', version, make, dropIn],
    ] as const,
);

/** What express-session's own documentation gives an application to begin with. */
export const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: false } as const;

/** The session of a request, which the application knows to be there. */
export function sessionOf(req: { session?: unknown }): AnySession {
  return req.session as AnySession;
}

/** The `name=value` of the session's cookie in an answer of supertest; `undefined` where it sets none. */
export function sidOf(
  answer: { headers: Record<string, unknown> },
  name = 'connect.sid',
): string | undefined {
  const lines = (answer.headers['set-cookie'] ?? []) as string[];
  return lines.map((line) => line.split(';')[0]!).find((pair) => pair.startsWith(`${name}=`));
}
