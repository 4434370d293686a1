import { cureFor, ENGINES, type Engine, type EngineName } from '../../scripts/servers/engines.mjs';
import { describeWith } from './requirements.js';

/**
 * `describe` for a suite that shares a server with others: use your own keys and tables, and do not stop it. The body gets
 * its URL, which `npm test` provides. Without a URL the suite fails in CI and is skipped elsewhere.
 */
export function describeWithServer(name: EngineName, title: string, body: (url: string) => void): void {
  const engine = engineOf(name);
  const url = process.env[engine.variable];
  describeWith(
    {
      name: `${engine.variable}, the URL of a ${engine.title} server,`,
      isMet: Boolean(url),
      cure: `npm test -- <path of the test>; if that finds no server: ${cureFor(engine)}`,
    },
    title,
    () => body(url ?? ''),
  );
}

/** The same for a suite that starts its own servers, see `private-servers.ts`. It needs no URL. */
export function describeWithPrivateServers(name: EngineName, title: string, body: () => void): void {
  const engine = engineOf(name);
  describeWith(
    {
      name: `${engine.title} on this machine`,
      isMet: engine.find() !== undefined,
      cure: `apt-get install ${engine.packages.join(' ')}`,
    },
    title,
    body,
  );
}

function engineOf(name: EngineName): Engine {
  return ENGINES.find((engine) => engine.name === name)!;
}
