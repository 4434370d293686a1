import type { Cart } from './cart.js';

/** What this application keeps in a session. From here on `session.cart` and `@Session('cart')` are typed. */
declare module 'nest-session' {
  interface SessionData {
    /** The id of the person who is logged in; absent while nobody is. */
    personId: string;
    visits: number;
    cart: Cart;
    /** The processes that answered the last visits, the newest last. */
    trail: string[];
  }
}
