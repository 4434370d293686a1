import type { Cart } from './cart.js';

/** The session data of this application. It gives `session.cart` and `@Session('cart')` their types. */
declare module 'nest-session' {
  interface SessionData {
    /** The id of the logged-in person; absent without a login. */
    personId: string;
    visits: number;
    cart: Cart;
    /** The processes that served the last visits, newest last. */
    trail: string[];
  }
}
