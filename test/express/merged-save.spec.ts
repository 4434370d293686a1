import session from 'nest-session/express';
import { cookieFor, QUIET, recordingStore } from './support/entry-implementations.js';
import { later, errorOf } from './support/end-promises.js';
import { dataOf } from './support/end-store.js';
import { closeSites, serve, type Handled } from './support/entry-server.js';

afterEach(closeSites);

const KNOWN = { cookie: cookieFor('known') };

/** Runs one handler, and while it waits another one from load to end. */
async function meet(
  data: object,
  first: (req: Handled, meanwhile: () => Promise<void>) => Promise<void>,
  second: (session: Record<string, unknown>) => void,
) {
  const store = recordingStore(session, { known: data });
  const [arrived, goOn] = [later<void>(), later<void>()];
  let failure: unknown;
  const site = await serve(session({ ...QUIET, store }), async (req, res) => {
    if (req.url === '/second') second(req.session);
    else {
      const meanwhile = (): Promise<void> => {
        arrived.set();
        return goOn.value;
      };
      await first(req, meanwhile).catch((error: unknown) => (failure = error));
    }
    res.end();
  });
  const response = site.send('/first', KNOWN);
  await arrived.value;
  await site.send('/second', KNOWN);
  goOn.set();
  expect(await response).toMatchObject({ status: 200 });
  if (failure !== undefined) throw failure as Error;
  return dataOf(store, 'known');
}

type Cart = Record<string, unknown> & { items: { n: number }[] };

describe('a save that merges what another request has stored (W6)', () => {
  it('keeps the objects that the handler uses', async () => {
    const stored = await meet(
      { cart: { items: [{ n: 1 }], gone: 1 } },
      async (req, meanwhile) => {
        const cart = req.session['cart'] as Cart;
        const { items } = cart;
        await meanwhile();
        cart['first'] = 1;
        await errorOf((done) => req.session.save(done));
        expect(req.session['cart']).toBe(cart);
        expect(cart.items).toBe(items);
        expect(cart).toEqual({ items: [{ n: 2 }], first: 1, second: 1 });
        cart['later'] = 1;
        items[0]!.n++;
      },
      ({ cart }) => {
        const theirs = cart as Cart;
        theirs['second'] = 1;
        theirs.items[0]!.n = 2;
        delete theirs['gone'];
      },
    );
    expect(stored).toEqual({ cart: { items: [{ n: 3 }], first: 1, second: 1, later: 1 } });
  });

  it('shows the merged session: a later change starts from the value of the other request', async () => {
    const stored = await meet(
      { n: 1 },
      async (req, meanwhile) => {
        await meanwhile();
        req.session['mine'] = 1;
        await errorOf((done) => req.session.save(done));
        expect(req.session['n']).toBe(11);
        req.session['n'] = (req.session['n'] as number) + 1;
      },
      (theirs) => (theirs['n'] = (theirs['n'] as number) + 10),
    );
    expect(stored).toEqual({ n: 12, mine: 1 });
  });

  it('keeps values whose JSON has another form', async () => {
    const at = new Date(0);
    const stored = await meet(
      { cart: { at: at.toJSON() } },
      async (req, meanwhile) => {
        await meanwhile();
        const cart = req.session['cart'] as Record<string, unknown>;
        cart['at'] = at;
        await errorOf((done) => req.session.save(done));
        expect(cart).toEqual({ at, second: 1 });
      },
      ({ cart }) => ((cart as Record<string, unknown>)['second'] = 1),
    );
    expect(stored).toEqual({ cart: { at: at.toJSON(), second: 1 } });
  });
});
