/** What can be bought. Fixed, so that no visitor can make a session grow by inventing goods. */
export const GOODS = ['Tea', 'Coffee', 'Biscuits'] as const;

export type Good = (typeof GOODS)[number];

/** How many of each. */
export type Cart = Partial<Record<Good, number>>;

export function isGood(value: unknown): value is Good {
  return GOODS.includes(value as Good);
}

export function withOneMore(cart: Cart, good: Good): Cart {
  return { ...cart, [good]: (cart[good] ?? 0) + 1 };
}
