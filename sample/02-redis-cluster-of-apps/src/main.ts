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
    const reason = await Promise.race([interrupted, fleet.ended]);
    if (!reason.startsWith('SIG')) process.exitCode = 1;
    console.log(`\n${reason}: the cluster ends.`);
  } finally {
    await fleet.stop();
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
// Only open connections of clients could keep the process running now.
process.exit();

/** The first signal. Later signals change nothing: `npm` forwards a Ctrl-C that the terminal has sent already. */
function firstOf(signals: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, resolve);
  });
}

/** One line for an error that the user can fix; the error with its stack otherwise. */
function explain(error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'The port is in use. Choose another one: PORT=3001 npm run start:cluster';
  if (syscall === 'listen') return `${message}. Choose another address with PORT and HOST.`;
  return error instanceof PlainError ? message : error;
}
