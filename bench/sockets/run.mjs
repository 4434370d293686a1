/**
 * How long it takes until sockets are closed whose sessions another process has ended: `npm run bench:sockets`. Needs the servers
 * of the tests, see bench/README.md.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { measureClosing } from './measure.mjs';

const FIXTURE = new URL('../../test/fixtures/socket-server.mjs', import.meta.url).pathname;
const SERVERS = { redis: process.env.TEST_REDIS_URL, postgres: process.env.TEST_POSTGRES_URL };

async function start(kind, at, name, secret) {
  const child = spawn(process.execPath, [FIXTURE, kind, at, name, secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const port of createInterface(child.stdout)) return { child, url: `http://127.0.0.1:${port}` };
  throw new Error('The server process ended before it listened.');
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

for (const [kind, at] of Object.entries(SERVERS)) {
  if (at === undefined) {
    console.log(`${kind}: not measured, no URL of a server`);
    continue;
  }
  const name = `sockets_${randomBytes(6).toString('hex')}`;
  const secret = randomBytes(32).toString('hex');
  const servers = [await start(kind, at, name, secret), await start(kind, at, name, secret)];
  const { delays, missed, foreign, growth } = await measureClosing(servers.map(({ url }) => url));
  for (const { child } of servers) child.kill();
  for (const [place, label] of [
    ['here', 'the process that ends the sessions'],
    ['there', 'the other process'],
  ]) {
    const sorted = delays[place].sort((one, other) => one - other);
    const [half, most, last] = [0.5, 0.99, 1].map((part) => percentile(sorted, part).toFixed(1));
    console.log(
      `${kind}, ${label}: ${sorted.length} sockets, p50 ${half} ms, p99 ${most} ms, longest ${last} ms`,
    );
  }
  const memory = growth.map((grown) => `${(100 * grown).toFixed(1)} %`).join(', ');
  console.log(`${kind}: ${missed} missed, ${foreign} of other users closed, heap afterwards ${memory}`);
}
