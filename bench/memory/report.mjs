import { NODE } from '../lib/machine.mjs';
import { MEMORY, verdict } from '../lib/targets.mjs';
import { number, table } from '../lib/terminal.mjs';

const OURS = 'nest-session';

/** Bytes, collection times and sweep times as a table, with the targets of nest-session. */
export function memoryReport(results) {
  const rows = Object.entries(results).flatMap(([sessions, subjects]) =>
    Object.entries(subjects).map(([subject, { bytes, collectionMs, sweepMs }]) => {
      const share = collectionMs / subjects['express-session'].collectionMs;
      const isOurs = subject === OURS;
      const size = verdict(bytes, isOurs ? MEMORY.bytes : undefined);
      const collection = verdict(share, isOurs && sessions === '1000000' ? MEMORY.collection : undefined);
      const sweep = verdict(sweepMs, isOurs ? MEMORY.sweepMs : undefined);
      const cells = [bytes, ...size, number(collectionMs), number(share), ...collection];
      return [`${Number(sessions).toLocaleString('en')} ${subject}`, ...cells, number(sweepMs), ...sweep];
    }),
  );
  const head = [
    `${NODE}; sessions, store`,
    'bytes over data',
    '',
    '',
    'full GC ms',
    'ratio',
    '',
    '',
    'sweep ms',
    '',
    '',
  ];
  return `Memory: bytes per session of 160 bytes of data, and the time of a full garbage collection\n\n${table(head, rows)}`;
}
