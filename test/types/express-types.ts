/** Compiled, never run: TypeScript applications of express-session, with the types of its ecosystem. */
import type { Request } from 'express';
import session from 'nest-session/express';
import sessionFileStore from 'session-file-store';

// Stores that need express-session's function accept this one.
const FileStore = sessionFileStore(session);

export const handlers = [
  session({ secret: 'keyboard cat', store: new FileStore(), resave: false, saveUninitialized: false }),
  session({ secret: ['new', Buffer.from('old')], cookie: (req) => ({ domain: req.headers.host }) }),
  session({ secret: 'keyboard cat', genid: (req: Request) => req.ip ?? '' }),
  // @ts-expect-error an unknown option
  session({ secret: 'keyboard cat', resafe: true }),
];
