import { NODE } from '../lib/machine.mjs';
import { table } from '../lib/terminal.mjs';

/** The results as a table. */
export function floorReport(results) {
  const rows = Object.entries(results).map(([name, { peer, here, both }]) => [
    name,
    peer ?? both,
    here ?? both,
  ]);
  const head = [NODE, 'express-session', 'nest-session'];
  return `Floor: the basic operations of a session layer, nanoseconds of CPU each\n\n${table(head, rows)}`;
}
