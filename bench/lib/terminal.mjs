import { clearLine, cursorTo } from 'node:readline';
import { markdownTable } from 'markdown-table';

/**
 * Prints the progress of a run. On a terminal, each line overwrites the previous one. There is no animation:
 * a timer would use CPU during a measurement.
 */
export function progress(words) {
  endProgress();
  process.stderr.write(process.stderr.isTTY ? words : `${words}\n`);
}

/** Removes the last progress line from a terminal. */
export function endProgress() {
  if (!process.stderr.isTTY) return;
  clearLine(process.stderr, 0);
  cursorTo(process.stderr, 0);
}

/** A Markdown table, readable on a terminal too. All columns but the first are right-aligned. */
export const table = (head, rows) =>
  markdownTable(
    [head, ...rows].map((row) => row.map((cell) => String(cell ?? '-'))),
    { align: ['left', ...head.slice(1).map(() => 'right')] },
  );

/** A number as text: no decimals from 100 on, one from 10 on, two from 0.1 on, else four. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(4);
}
