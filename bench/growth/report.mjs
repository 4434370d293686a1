import { NODE } from '../lib/machine.mjs';
import { number, table } from '../lib/terminal.mjs';

const TITLES = {
  read: 'bytes, read',
  changed: 'bytes, changed',
  sessions: 'other sessions, read',
};

/** The cost per size of a session, and per number of sessions, as a table. */
export function growthReport(results) {
  const rows = Object.entries(results).flatMap(([what, points]) =>
    Object.entries(points).map(([at, { 'express-session': peer, 'nest-session/http': ours }]) => [
      `${Number(at).toLocaleString('en')} ${TITLES[what]}`,
      number(peer),
      number(ours),
      number(ours / peer),
    ]),
  );
  const head = [NODE, 'express-session', 'nest-session/http', 'ratio'];
  return `Growth: CPU over no session, microseconds per request; one large attribute beside small ones\n\n${table(head, rows)}`;
}
