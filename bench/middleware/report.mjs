import { NODE } from '../lib/machine.mjs';
import { HEAP_BYTES, MIDDLEWARE, verdict } from '../lib/targets.mjs';
import { number, table } from '../lib/terminal.mjs';
import { WORKLOADS } from './workloads.mjs';

const PEER = 'express-session';
const OURS = 'nest-session/http';

/** CPU overhead and heap as tables. The values of nest-session are shown with their targets. */
export function middlewareReport({ cpu, plain, heap }) {
  const heapRows = subjectsOf(heap).map((subject) => {
    const target = verdict(heap[subject], subject === OURS ? HEAP_BYTES : undefined);
    return [subject, heap[subject], number(heap[subject] / heap[PEER]), ...target];
  });
  const meanings = Object.entries(WORKLOADS).map(([name, { title }]) => `${name}: ${title}`);
  return [
    'Middleware: CPU over no session, microseconds per request, on requests as Express prepares them.\n' +
      'Ratio: nest-session/http to express-session',
    cpuTable(cpu, { targets: MIDDLEWARE }),
    `${meanings.join('; ')}.\ns, m, l: a session of 60 bytes, 4 KB, 64 KB.`,
    ...(Object.keys(plain).length > 0
      ? ['The same on requests as plain node:http gives them', cpuTable(plain)]
      : []),
    'Heap allocated over no session, bytes per request (W1 s)',
    table([NODE, 'bytes', `to ${PEER}`, 'target', ''], heapRows),
  ].join('\n\n');
}

const subjectsOf = (figures) => Object.keys(figures).filter((subject) => subject !== 'none');

function cpuTable(cases, { targets } = {}) {
  const [{ over: first }] = Object.values(cases);
  const subjects = subjectsOf(first);
  const rows = Object.entries(cases).map(([name, { bareUs, over, rounds, thrown }]) => {
    const ratio = over[OURS].us / over[PEER].us;
    const target = targets ? verdict(ratio, targets[name]) : [];
    const cells = subjects.map((subject) => withDoubt(over[subject]));
    return [name, number(bareUs), ...cells, number(ratio), ...target, `${rounds} (-${thrown})`];
  });
  const words = targets ? ['target', ''] : [];
  return table([NODE, 'no session', ...subjects, 'ratio', ...words, 'rounds (thrown)'], rows);
}

const withDoubt = (figure) => figure && `${number(figure.us)} ±${number(figure.plusMinus)}`;
