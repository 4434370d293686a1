import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { startGuard } from './guard.mjs';
import { signalTree } from './process-tree.mjs';
import { serverFolder } from './server-folder.mjs';

const READY_WITHIN_MS = 30_000;
const TRIES = 5;
const LOG_LINES = 25;

/**
 * Starts a database server of its own and waits until it answers. What differs from one engine to the next comes in:
 *
 * - `owner`: uid and gid to run as, where it cannot be ours;
 * - `prepare({ folder, owner })`: makes the data folder, once;
 * - `command({ port, folder })`: gives `file` and `args`;
 * - `urlOf(port)`: what a driver connects to;
 * - `isReady({ port, folder, pid })`: asks by a real connection whether this very server answers, not another on its port;
 * - `endWith`: the signals for an end without haste (`politely`) and for one that nobody mourns (`quickly`).
 */
export async function startServerProcess(engine, { port: givenPort, folder: givenFolder } = {}) {
  const { name, owner, endWith } = engine;
  const folder = serverFolder({ name, given: givenFolder, owner });
  const guard = startGuard({ signal: endWith.quickly, folder: folder.isTemporary ? folder.path : undefined });
  let child;
  let port = givenPort;

  const launch = async () => {
    child = run(engine, { port, folder: folder.path });
    const started = child;
    // A program that cannot be run has no id, and says so in an event that nobody else awaits.
    if (started.pid === undefined) throw (await once(started, 'error'))[0];
    // A server that a test forgot must not keep its process up: the guard ends it then.
    started.unref();
    guard.watch(started.pid);
    started.once('exit', () => {
      if (child === started) guard.watchNone();
    });
    await untilReady(engine, { child, port, folder: folder.path });
  };
  const end = async (signal) => {
    if (!isRunning(child)) return;
    const gone = once(child, 'exit');
    child.ref();
    if (signal === 'SIGKILL') {
      signalTree(child.pid, signal);
    } else {
      child.kill(signal);
      // A server that was paused takes the signal now.
      signalTree(child.pid, 'SIGCONT');
    }
    const tooLate = sleep(10_000, 'too late', { ref: false });
    if ((await Promise.race([gone, tooLate])) === 'too late') {
      signalTree(child.pid, 'SIGKILL');
      await gone;
    }
  };
  const stop = async () => {
    if (child !== undefined) await end(endWith.quickly);
    guard.dismiss();
    folder.remove();
  };

  try {
    await engine.prepare?.({ folder: folder.path, owner });
    for (let tried = 1; ; tried += 1) {
      port = givenPort ?? (await freePort());
      try {
        await launch();
        break;
      } catch (error) {
        // Somebody else may have got the port first.
        if (!isPortTaken(error) || givenPort !== undefined || tried === TRIES) throw error;
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: engine.urlOf(port),
    port,
    folder: folder.path,
    get pid() {
      return child.pid;
    },
    stop,
    kill: () => end('SIGKILL'),
    pause: async () => signalTree(child.pid, 'SIGSTOP'),
    resume: async () => signalTree(child.pid, 'SIGCONT'),
    restart: async () => {
      await end(endWith.politely);
      await launch();
    },
  };
}

const logOf = (folder) => join(folder, 'server.log');

function run({ command, owner }, { port, folder }) {
  const { file, args } = command({ port, folder });
  // Into a file: a pipe would fill up while nobody reads, and would be held by the children of a killed server.
  const log = openSync(logOf(folder), 'w', 0o644);
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', log, log], ...owner });
  closeSync(log);
  return child;
}

const isRunning = (child) => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

async function untilReady({ name, isReady }, { child, port, folder }) {
  const deadline = Date.now() + READY_WITHIN_MS;
  let last;
  while (Date.now() < deadline) {
    if (!isRunning(child)) {
      throw new Error(
        `${name} ended (${child.signalCode ?? child.exitCode}) before it was ready.${lastLines(folder)}`,
      );
    }
    try {
      if (await isReady({ port, folder, pid: child.pid })) return;
    } catch (error) {
      last = error;
    }
    await sleep(30);
  }
  signalTree(child.pid, 'SIGKILL');
  throw new Error(`${name} was not ready after ${READY_WITHIN_MS} ms.${lastLines(folder)}`, { cause: last });
}

const isPortTaken = (error) => /address already in use|errno: 98|Bind on TCP\/IP port/i.test(String(error));

function lastLines(folder) {
  const lines = readFileSync(logOf(folder), 'utf8').trimEnd().split('\n').slice(-LOG_LINES);
  return ` The end of its log:\n${lines.map((line) => `  | ${line}`).join('\n')}`;
}
