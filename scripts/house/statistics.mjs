/** Number, mean, median, 90th percentile and longest of some lengths. */
export function lengthsOf(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    count: sorted.length,
    mean: Math.round(sum / sorted.length),
    median: atShare(sorted, 0.5),
    p90: atShare(sorted, 0.9),
    longest: sorted.at(-1) ?? 0,
  };
}

/** The smallest value that at least this share of the values does not exceed. */
const atShare = (sorted, share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
