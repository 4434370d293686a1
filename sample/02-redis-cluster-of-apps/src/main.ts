import { once } from 'node:events';
import { startFleet } from './fleet/fleet.js';
import { PlainError } from './fleet/plain-error.js';
import { readSettings } from './fleet/settings.js';

const interrupted = firstOf(['SIGINT', 'SIGTERM', 'SIGHUP']);

try {
  const settings = readSettings();
  const fleet = await startFleet(settings);
  try {
    fleet.proxy.listen(settings.port, settings.host);
    await once(fleet.proxy, 'listening');
    const { port } = fleet.proxy.address() as { port: number };
    console.log(`The cluster is at http://${settings.host}:${port}`);
    console.log(
      'Ctrl-C ends all of it. Or end one application with kill and its pid: the other one goes on.',
    );
    const reason = await Promise.race([interrupted, fleet.over]);
    if (!reason.startsWith('SIG')) process.exitCode = 1;
    console.log(`\n${reason}: the cluster ends.`);
  } finally {
    await fleet.stop();
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
// What would keep the process up now is a connection of somebody who does not let go.
process.exit();

/** Which signal came first. Later ones change nothing: `npm` passes on a Ctrl-C that the terminal has sent already. */
function firstOf(signals: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, resolve);
  });
}

/** One line for what the person at the terminal can do something about; the error with its stack for anything else. */
function explain(error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'The port is in use. Choose another one: PORT=3001 npm run start:cluster';
  if (syscall === 'listen') return `${message}. Choose another address with PORT and HOST.`;
  return error instanceof PlainError ? message : error;
}
