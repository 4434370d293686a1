import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const running = new Set();
process.once('exit', () => running.forEach((process) => process.kill('SIGKILL')));

/**
 * A child process for measured code. `ask(name, argument)` calls a function of the module and resolves with
 * its result. Only one call may be pending.
 */
export class Child {
  #process;
  #waiting = null;

  constructor(module, { execPath = process.execPath, execArgv = [], env = {} } = {}) {
    this.#process = fork(fileURLToPath(new URL('child-main.mjs', import.meta.url)), [String(module)], {
      execPath,
      execArgv,
      env: { ...process.env, NODE_ENV: 'production', NODE_NO_WARNINGS: '1', ...env },
    });
    running.add(this.#process);
    this.#process.on('message', ({ answer, error }) => {
      const { resolve, reject } = this.#waiting;
      this.#waiting = null;
      if (error === undefined) resolve(answer);
      else reject(new Error(error));
    });
    this.#process.on('exit', (code, signal) => {
      running.delete(this.#process);
      this.#waiting?.reject(new Error(`The measured process exited with ${signal ?? code}.`));
    });
  }

  get pid() {
    return this.#process.pid;
  }

  ask(name, argument = {}) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#process.send({ name, argument });
    });
  }

  /** Disconnects the process and waits until it exits by itself. */
  async leave() {
    const gone = once(this.#process, 'exit');
    this.#process.disconnect();
    await gone;
  }

  async end() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}
