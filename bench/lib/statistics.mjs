import { quantile } from 'd3-array';

export { median, quantile } from 'd3-array';

/** Uncertainty of a median: half of the interquartile range, divided by the square root of the count. */
export function uncertainty(values) {
  if (values.length < 3) return Number.POSITIVE_INFINITY;
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / Math.sqrt(values.length);
}

/** The value with four significant digits. `null` if it is not finite: JSON cannot represent it. */
export const round = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);
