/**
 * What a store is run with. `session` is the function that a store is made with, `app` what serves the requests, and
 * with `alias` a store that asks for `express-session` itself gets ours.
 */
export const SUBJECTS = {
  original: { title: 'express-session', session: 'original', app: 'express' },
  dropIn: { title: 'nest-session/express', session: 'dropIn', app: 'express' },
  module: { title: 'SessionModule', session: 'dropIn', app: 'nest' },
  dropInAlias: {
    title: 'nest-session/express, alias',
    session: 'dropIn',
    app: 'express',
    alias: true,
  },
  moduleAlias: {
    title: 'SessionModule, alias',
    session: 'dropIn',
    app: 'nest',
    alias: true,
  },
};

/** For stores that ask for `express-session` themselves there is an alias to try. */
export const subjectsOf = (row) =>
  Object.keys(SUBJECTS).filter((subject) => row.requiresSession || !SUBJECTS[subject].alias);
