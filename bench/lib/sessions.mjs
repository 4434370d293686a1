export const SECRET = 'a secret for measurements, 32 bytes or more of it';

/** About so many bytes of JSON: small ones, and one large attribute beside them. */
export const SIZES = { s: 60, m: 4 * 1024, l: 64 * 1024 };

/** The small attributes that each session has: 60 bytes of JSON. */
const small = (index) => ({ userId: `user-${10_000 + index}`, role: 'editor', locale: 'en-GB' });

/** What a session holds: small attributes, and a large one up to the size. */
export function dataOf(bytes, index = 0) {
  const data = small(index);
  if (bytes <= SIZES.s) return data;
  const items = [];
  for (let size = 80; size < bytes; size += 80) items.push(itemOf(items.length));
  return { ...data, basket: items };
}

/** An entry of some list, of about 80 bytes. */
const itemOf = (at) => ({
  sku: `article-${100_000 + at}`,
  amount: (at % 7) + 1,
  price: 12.5 + (at % 90),
  tags: ['a', 'new'],
});
