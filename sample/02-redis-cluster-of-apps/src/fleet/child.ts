import { fork } from 'node:child_process';
import { once } from 'node:events';
import { PlainError } from './plain-error.js';

const END_WITHIN_MS = 10_000;

/** A process of the fleet that is ready. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Where it listens, as it said itself. */
  readonly url: string;
  /** Resolves when the process has ended, with how it did. */
  readonly gone: Promise<string>;
  /** Lets it finish what it has begun, within ten seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a module as a process of its own and waits until it says `{ url }`. Should this process be killed, the child
 * notices that nobody is at the other end any more, and ends itself.
 *
 * @throws PlainError when it ends before it is ready; it has said why on the terminal.
 */
export async function startChild(
  name: string,
  module: URL,
  env: Readonly<Record<string, string>>,
): Promise<Child> {
  // Detached: a Ctrl-C in the terminal shall reach only this process, which ends the others in their order.
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
