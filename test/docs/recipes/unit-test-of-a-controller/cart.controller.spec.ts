import type { UserSession } from 'nest-session';
import { CartController, type Cart } from './cart.controller.js';

describe('CartController', () => {
  const controller = new CartController();

  it('adds an item', () => {
    const session = { items: ['book'] } as UserSession<Cart>;
    expect(controller.add(session, { item: 'pen' })).toEqual({ count: 2 });
    expect(session).toEqual({ items: ['book', 'pen'] });
  });

  it('keeps the items at the login', async () => {
    const calls: unknown[] = [];
    const login = async (...args: unknown[]) => void calls.push(args);
    await controller.login({ login } as UserSession<Cart>, { user: 'u1' });
    expect(calls).toEqual([['u1', { keep: ['items'] }]]);
  });
});
