/** The goods. The list is fixed, so that a visitor cannot enlarge a session with invented goods. */
export const GOODS = ['Tea', 'Coffee', 'Biscuits'] as const;

export type Good = (typeof GOODS)[number];

/** The amount of each. */
export type Cart = Partial<Record<Good, number>>;

export function isGood(value: unknown): value is Good {
  return GOODS.includes(value as Good);
}

export function withOneMore(cart: Cart, good: Good): Cart {
  return { ...cart, [good]: (cart[good] ?? 0) + 1 };
}
