import { NODE } from '../lib/machine.mjs';
import { FASTIFY, verdict } from '../lib/targets.mjs';
import { number, table } from '../lib/terminal.mjs';

/** CPU of whole servers as a table. The cost of a session layer is the difference to the bare server. */
export function serversReport(results) {
  const rows = Object.entries(results).flatMap(([platform, cases]) =>
    Object.entries(cases).map(([name, { bareUs, over, rounds, thrown }]) => {
      const [[, peer], [, ours]] = Object.entries(over);
      const ratio = ours.us / peer.us;
      const target = verdict(ratio, platform === 'fastify' ? FASTIFY : undefined);
      const cells = [peer, ours].map(({ us, plusMinus }) => `${number(us)} ±${number(plusMinus)}`);
      return [
        `${platform} ${name}`,
        number(bareUs),
        ...cells,
        number(ratio),
        ...target,
        `${rounds} (-${thrown})`,
      ];
    }),
  );
  const head = [NODE, 'no session', 'peer', 'nest-session', 'ratio', 'target', '', 'rounds (thrown)'];
  const words = 'the peer is express-session on Express and @fastify/session on Fastify';
  return `Nest servers: CPU over no session, microseconds per request (memory stores); ${words}\n\n${table(head, rows)}`;
}
