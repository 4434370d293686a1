/**
 * Runs a command with the database servers of the tests, and stops them afterwards:
 * `node scripts/with-servers.mjs [--only redis,postgres] COMMAND ARGUMENTS...`. The command gets their URLs in environment
 * variables. Without a command, the script prints the URLs and runs until Ctrl-C.
 *
 * If the environment already has a URL, that server is used. Otherwise the script starts a server that is installed on this
 * machine. If none is installed, root installs the Debian package in CI or with NEST_SESSION_INSTALL=1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { clearInterval, setInterval } from 'node:timers';
import { ENGINES } from './servers/engines.mjs';
import { startServers } from './servers/start-servers.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const { engines, command } = read(process.argv.slice(2));
const began = Date.now();
const { urls, stop } = await startServers(engines).catch(fail);
console.error(`Servers are ready after ${Date.now() - began} ms: ${Object.keys(urls).join(', ') || 'none'}`);
try {
  process.exitCode = await (command.length > 0 ? run(command) : stay());
} finally {
  await stop();
}

function read(args) {
  if (args[0] !== '--only') return { engines: ENGINES, command: args };
  const names = (args[1] ?? '').split(',');
  const unknown = names.filter((name) => !ENGINES.some((engine) => engine.name === name));
  if (unknown.length > 0) {
    const known = ENGINES.map(({ name }) => name).join(', ');
    console.error(`--only accepts ${known}; got "${unknown.join(', ')}"`);
    process.exit(2);
  }
  return { engines: ENGINES.filter(({ name }) => names.includes(name)), command: args.slice(2) };
}

function fail(error) {
  console.error(error.message, ...(error.cause ? [error.cause] : []));
  process.exit(1);
}

/** The exit code of the command, as a shell reports it. */
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
  // A signal listener does not keep the process running, and there may be no other handle if no server was started.
  const heartbeat = setInterval(() => {}, 60_000);
  await Promise.race(SIGNALS.map((signal) => once(process, signal)));
  clearInterval(heartbeat);
  return 0;
}
