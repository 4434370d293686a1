import { cureFor, ENGINES, type Engine, type EngineName } from '../../scripts/servers/engines.mjs';
import { describeWith } from './requirements.js';

/**
 * `describe` for a suite that talks to a server which it shares with others: keep to keys and tables of your own, and
 * leave it up. The body gets its URL, which `npm test` provides. Without one the suite fails in CI, and is left out
 * elsewhere.
 */
export function describeWithServer(name: EngineName, title: string, body: (url: string) => void): void {
  const engine = engineOf(name);
  const url = process.env[engine.variable];
  describeWith(
    {
      name: `${engine.variable}, the URL of a ${engine.title} server,`,
      isMet: Boolean(url),
      cure: `npm test -- <path of the test>; where that finds no server: ${cureFor(engine)}`,
    },
    title,
    () => body(url ?? ''),
  );
}

/** The same for a suite that starts servers of its own, see `private-servers.ts`: a URL is no help to it. */
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
