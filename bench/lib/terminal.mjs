/** A line that says how far a run is; written over where it is a terminal. */
export function progress(words) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`);
  else process.stderr.write(`${words}\n`);
}

export const endProgress = () => void (process.stderr.isTTY && process.stderr.write('\r\x1b[K'));

/** A table of texts: the first column to the left, all others to the right. */
export function table(head, rows) {
  const texts = [head, ...rows].map((row) => row.map((cell) => (cell ?? '-').toString()));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  ');
  return [
    line(texts[0]),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...texts.slice(1).map(line),
  ].join('\n');
}

/** A number with the digits that count. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(4);
}
