/**
 * Starts the database servers of the tests, runs a command, and stops the servers:
 * `node scripts/with-servers.mjs [--only redis,postgres] COMMAND ARGUMENTS...`. The command finds their URLs in its
 * environment. Without a command, the script prints the URLs and runs until Ctrl-C.
 *
 * A URL that is in the environment already is used instead of a new server. If a server is not installed, root installs
 * its Debian package, in CI or with NEST_SESSION_INSTALL=1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { clearInterval, setInterval } from 'node:timers';
import { readArguments } from './read-arguments.mjs';
import { ENGINES } from './servers/engines.mjs';
import { startServers } from './servers/start-servers.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const { engines, command } = read();
const began = Date.now();
const { urls, stop } = await startServers(engines).catch(fail);
console.error(`Servers are ready after ${Date.now() - began} ms: ${Object.keys(urls).join(', ') || 'none'}`);
try {
  process.exitCode = await (command.length > 0 ? run(command) : stay());
} finally {
  await stop();
}

function read() {
  const known = ENGINES.map(({ name }) => name);
  const usage = `node scripts/with-servers.mjs [--only ${known.join(',')}] [COMMAND ARGUMENTS...]`;
  const options = { only: { type: 'string' } };
  const { values, command, refuse } = readArguments({ usage, options, hasCommand: true });
  const names = values.only?.split(',') ?? known;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) refuse(`Unknown servers: "${unknown.join(', ')}"`);
  return { engines: ENGINES.filter(({ name }) => names.includes(name)), command };
}

function fail(error) {
  console.error(error.message, ...(error.cause ? [error.cause] : []));
  process.exit(1);
}

/** Runs the command. Returns its exit code; 128 and the number of the signal if a signal ended it, as a shell does. */
async function run([file, ...args]) {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...urls } });
  const passOn = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, passOn);
  try {
    const [code, signal] = await once(child, 'exit');
    return code ?? 128 + constants.signals[signal];
  } catch (error) {
    console.error(error.message);
    return 127;
  }
}

async function stay() {
  for (const [variable, url] of Object.entries(urls)) console.log(`export ${variable}='${url}'`);
  // A listener for signals alone does not keep the process running, and there may be no server that it has started.
  const heartbeat = setInterval(() => {}, 60_000);
  await Promise.race(SIGNALS.map((signal) => once(process, signal)));
  clearInterval(heartbeat);
  return 0;
}
