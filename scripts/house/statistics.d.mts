/** Number, mean, median, 90th percentile and longest of some lengths. */
export function lengthsOf(
  values: readonly number[],
): Record<'count' | 'mean' | 'median' | 'p90' | 'longest', number>;
