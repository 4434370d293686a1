import type { Views } from './pages/views.js';

/** The session data of this application. It gives `session.userId` and `@Session('userId')` their types. */
declare module 'nest-session' {
  interface SessionData {
    /** The id of the logged-in user; absent without a login. */
    userId: string;
    views: Views;
  }
}
