import { clearLine, cursorTo } from 'node:readline';
import { markdownTable } from 'markdown-table';

/**
 * Prints how far a run is. On a terminal, each line overwrites the one before. Nothing turns or blinks: a timer would use
 * CPU while something is measured.
 */
export function progress(words) {
  endProgress();
  process.stderr.write(process.stderr.isTTY ? words : `${words}\n`);
}

/** Removes the last line of progress from a terminal. */
export function endProgress() {
  if (!process.stderr.isTTY) return;
  clearLine(process.stderr, 0);
  cursorTo(process.stderr, 0);
}

/** A table in Markdown, which is readable on a terminal too: the first column to the left, all others to the right. */
export const table = (head, rows) =>
  markdownTable(
    [head, ...rows].map((row) => row.map((cell) => String(cell ?? '-'))),
    { align: ['left', ...head.slice(1).map(() => 'right')] },
  );

/** A number with three significant digits, or all before the point. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(4);
}
