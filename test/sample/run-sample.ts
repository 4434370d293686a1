import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A sample in a separate process. */
export interface RunningSample {
  readonly url: string;
  /** Its output up to the line with its URL. */
  readonly output: string;
  /** Resolves with the exit code when the process has ended; `null` if the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts a built sample by the path of its main module. Resolves when it prints its URL.
 *
 * @throws Error with the output of the process if it ends before.
 */
export async function runSample(
  env: Readonly<Record<string, string>>,
  main = '01-login/main.js',
): Promise<RunningSample> {
  const path = fileURLToPath(new URL(`../../dist-sample/${main}`, import.meta.url));
  if (!existsSync(path))
    throw new Error('The sample is not built. Run: npm run build && npm run build:samples');
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, SESSION_SECRET: '', HOST: 'localhost', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const { url, output } = await firstUrl(child);
  return {
    url,
    output,
    async kill(signal) {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

function firstUrl(child: ChildProcess): Promise<{ url: string; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /at (http:\S+)\n/.exec(output)?.[1];
      if (url !== undefined) resolve({ url, output });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', (code) => reject(new Error(`The sample ended with ${code}: ${output}`)));
  });
}
