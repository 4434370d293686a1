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
 * Starts a private database server and waits until it is ready. `engine` has the parts that differ:
 *
 * - `owner`: uid and gid of the server, if it cannot run as the current user;
 * - `prepare({ folder, owner })`: creates the data folder once;
 * - `command({ port, folder })`: returns `file` and `args`;
 * - `urlOf(port)`: the URL that a driver connects to;
 * - `isReady({ port, folder, pid })`: whether this server, not another one, responds on the port;
 * - `endWith`: the signals for an orderly shutdown (`politely`) and for an immediate one (`quickly`).
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
    // A program that cannot be started has no pid and emits `error`.
    if (started.pid === undefined) throw (await once(started, 'error'))[0];
    // A server that a test does not stop must not keep the process alive. The guard stops the server then.
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
      // A paused server receives the signal only after SIGCONT.
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
        // Another process may have taken the port first.
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
  // Log to a file. A pipe would fill up without a reader, and children of a killed server would keep it open.
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
        `${name} exited (${child.signalCode ?? child.exitCode}) before it was ready.${lastLines(folder)}`,
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
  return ` Last lines of its log:\n${lines.map((line) => `  | ${line}`).join('\n')}`;
}
