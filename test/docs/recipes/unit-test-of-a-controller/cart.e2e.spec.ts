import { startCart } from './start-cart.js';

it('orders what was put into the cart before the login', async () => {
  const { app, store, post } = await startCart();
  await post('/cart/items', { item: 'book' });
  expect((await post('/cart/order')).status).toBe(401);
  await post('/cart/login', { user: 'u1' });
  const response = await post('/cart/order');
  expect(await response.json()).toEqual({ user: 'u1', items: ['book'] });
  expect(store.size).toBe(1); // the session from before the login is gone
  await app.close();
});
