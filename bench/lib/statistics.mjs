/** The value below which the share `at` of all lie. */
export function quantile(values, at) {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * at;
  const low = Math.floor(place);
  return sorted[low] + (sorted[Math.ceil(place)] - sorted[low]) * (place - low);
}

export const median = (values) => quantile(values, 0.5);

/** How sure a median is: half the way between the quartiles, less with more rounds. */
export function uncertainty(values) {
  if (values.length < 3) return Number.POSITIVE_INFINITY;
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / Math.sqrt(values.length);
}

/** Four digits that count. */
export const round = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);
