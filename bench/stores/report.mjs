import { NODE } from '../lib/machine.mjs';
import { TRIPS, verdict } from '../lib/targets.mjs';
import { number, table } from '../lib/terminal.mjs';

const TITLES = {
  read: 'a session is read (theirs: get and touch)',
  touch: 'its expiry is moved, now and then',
  change: 'a small attribute is changed (load and save)',
};
const LIMITS = { read: TRIPS.read, change: TRIPS.write };

/** Round trips, CPU and latency of stores as tables. */
export function storesReport(results) {
  return Object.entries(results)
    .flatMap(([size, subjects]) =>
      Object.keys(TITLES).map(
        (operation) => `${titleOf(size, operation)}\n\n${tableOf(subjects, operation)}`,
      ),
    )
    .join('\n\n');
}

const titleOf = (size, operation) => `Stores, size ${size}: ${TITLES[operation]}; microseconds`;

function tableOf(subjects, operation) {
  const rows = Object.entries(subjects)
    .filter(([, figures]) => figures[operation])
    .map(([subject, { [operation]: figures }]) => {
      const limit = subject.startsWith('nest-session') ? LIMITS[operation] : undefined;
      const { trips, inFlight1: one, inFlight32: many } = figures;
      const cells = [one.cpuUs, one.latencyUs, many.cpuUs, many.latencyUs].map(number);
      return [subject, trips, ...verdict(trips, limit), ...cells];
    });
  return table([NODE, 'round trips', '', '', 'CPU, 1', 'latency, 1', 'CPU, 32', 'latency, 32'], rows);
}
