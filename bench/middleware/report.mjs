import { HEAP_BYTES, MIDDLEWARE, verdict } from '../lib/targets.mjs';
import { number, table } from '../lib/terminal.mjs';
import { WORKLOADS } from './workloads.mjs';

const PEER = 'express-session';
const OURS = 'nest-session/http';

/** Overhead and heap as tables, ours beside each target. */
export function middlewareReport({ cpu, heap }) {
  const subjects = Object.keys(heap).filter((subject) => subject !== 'none');
  const rows = Object.entries(cpu).map(([name, { bareUs, over, rounds, thrown }]) => {
    const ratio = over[OURS].us / over[PEER].us;
    const target = verdict(ratio, MIDDLEWARE[name]);
    const cells = subjects.map((subject) => withDoubt(over[subject]));
    return [name, number(bareUs), ...cells, number(ratio), ...target, `${rounds} (-${thrown})`];
  });
  const heapRows = subjects.map((subject) => {
    const target = verdict(heap[subject], subject === OURS ? HEAP_BYTES : undefined);
    return [subject, heap[subject], number(heap[subject] / heap[PEER]), ...target];
  });
  const meanings = Object.entries(WORKLOADS).map(([name, { title }]) => `${name}: ${title}`);
  return [
    'Middleware: CPU over no session, microseconds per request. Ratio: nest-session/http to express-session',
    table(['', 'no session', ...subjects, 'ratio', 'target', '', 'rounds (thrown)'], rows),
    `${meanings.join('; ')}.\ns, m, l: a session of 60 bytes, 4 KB, 64 KB.`,
    'Heap allocated over no session, bytes per request (W1 s)',
    table(['', 'bytes', `to ${PEER}`, 'target', ''], heapRows),
  ].join('\n\n');
}

const withDoubt = (figure) => figure && `${number(figure.us)} ±${number(figure.plusMinus)}`;
