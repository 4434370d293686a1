import { ADAPTERS } from '../../support/adapters.js';
import { startCart } from './unit-test-of-a-controller/start-cart.js';

describe.each(ADAPTERS)('the recipe for tests on %s', (_, makeAdapter) => {
  it('starts the application with a client that keeps its cookie', async () => {
    const { app, store, post } = await startCart(makeAdapter() as never);
    try {
      expect(await (await post('/cart/items', { item: 'book' })).json()).toEqual({ count: 1 });
      expect(await (await post('/cart/items', { item: 'pen' })).json()).toEqual({ count: 2 });
      expect((await post('/cart/order')).status).toBe(401);
      expect((await post('/cart/login', { user: 'u1' })).status).toBe(201);
      expect(await (await post('/cart/order')).json()).toEqual({ user: 'u1', items: ['book', 'pen'] });
      expect(store.size).toBe(1);
    } finally {
      await app.close();
    }
  });
});
