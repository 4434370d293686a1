import { quantile } from 'd3-array';

export { median, quantile } from 'd3-array';

/** Uncertainty of a median: half the distance of the quartiles, less with more rounds. */
export function uncertainty(values) {
  if (values.length < 3) return Number.POSITIVE_INFINITY;
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / Math.sqrt(values.length);
}

/** Four significant digits; `null` for what is no number, as JSON has it. */
export const round = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);
