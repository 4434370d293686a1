import { fork } from 'node:child_process';
import { once } from 'node:events';
import { PlainError } from './plain-error.js';

const END_WITHIN_MS = 10_000;

/** A process of the fleet that is ready. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Its URL, which it has sent itself. */
  readonly url: string;
  /** Resolves when the process has ended, with its exit code or signal in words. */
  readonly gone: Promise<string>;
  /** Asks it to complete its requests and to end, within ten seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a module as a child process and waits for its message `{ url }`. If this process is killed, the child detects the
 * closed channel and ends.
 *
 * @throws PlainError when it ends before it is ready. It has printed the reason.
 */
export async function startChild(
  name: string,
  module: URL,
  env: Readonly<Record<string, string>>,
): Promise<Child> {
  // Detached: Ctrl-C in the terminal must reach only this process, which ends the others in order.
  const child = fork(module, { env: { ...process.env, ...env }, detached: true });
  const gone = once(child, 'exit').then(([code, signal]) => String(signal ?? `exit code ${code}`));
  const tooEarly = gone.then((how): never => {
    throw new PlainError(`${name} ended before it was ready (${how}).`);
  });
  const [{ url }] = (await Promise.race([once(child, 'message'), tooEarly])) as [{ url: string }];
  return {
    name,
    pid: child.pid!,
    url,
    gone,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
      await gone;
      clearTimeout(late);
    },
  };
}
