import type { Views } from './pages/views.js';

/** What this application keeps in a session. From here on `session.userId` and `@Session('userId')` are typed. */
declare module 'nest-session' {
  interface SessionData {
    /** The id of the user who is logged in; absent while nobody is. */
    userId: string;
    views: Views;
  }
}
