export const SECRET = 'a secret for measurements, 32 bytes or more of it';

/** Approximate bytes of JSON per session. `m` and `l` have the small attributes and one large attribute. */
export const SIZES = { s: 60, m: 4 * 1024, l: 64 * 1024 };

/** The small attributes of each session: 60 bytes of JSON. */
const small = (index) => ({ userId: `user-${10_000 + index}`, role: 'editor', locale: 'en-GB' });

/** The attributes of a session: the small ones, and a large one that fills it up to `bytes`. */
export function dataOf(bytes, index = 0) {
  const data = small(index);
  if (bytes <= SIZES.s) return data;
  const items = [];
  for (let size = 80; size < bytes; size += 80) items.push(itemOf(items.length));
  return { ...data, basket: items };
}

/** A list item of about 80 bytes of JSON. */
const itemOf = (at) => ({
  sku: `article-${100_000 + at}`,
  amount: (at % 7) + 1,
  price: 12.5 + (at % 90),
  tags: ['a', 'new'],
});
