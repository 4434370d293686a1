import { SessionModule } from 'nest-session';

const secret = process.env.SESSION_SECRET!;
const name = '__Host-sid';

/** For pages of the same site: https://app.shop.example with https://api.shop.example */
export const forSameSite = () =>
  SessionModule.forRoot({ secret, name, proxy: true, cookie: { secure: true } });

/** For pages of another site: https://app.shop.example with https://api.other.example */
export const forOtherSite = () =>
  SessionModule.forRoot({
    secret,
    name,
    proxy: true, // behind a proxy that ends TLS
    cookie: { secure: true, sameSite: 'none', partitioned: true },
  });
