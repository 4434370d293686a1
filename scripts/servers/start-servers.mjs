import { chooseServer, isInCi, mayInstall } from './choose-server.mjs';
import { countSuites } from './count-suites.mjs';
import { hasApt, installDebianPackages } from './debian-packages.mjs';
import { cureFor } from './engines.mjs';

/**
 * Starts a server for each engine concurrently, unless its URL is set. `urls` maps the name of its variable
 * to its URL. A server that is not available is left out and reported on stderr.
 *
 * @throws Error in CI, if a server is not available.
 */
export async function startServers(engines) {
  const chosen = decide(engines);
  const wanted = chosen.filter(({ kind }) => kind === 'install').flatMap(({ engine }) => engine.packages);
  if (wanted.length > 0) installDebianPackages([...new Set(wanted)]);
  complain(chosen.filter(({ kind }) => kind === 'missing'));

  const urls = {};
  for (const { kind, engine, url } of chosen) if (kind === 'given') urls[engine.variable] = url;
  const toStart = chosen.filter(({ kind }) => kind === 'here' || kind === 'install');
  const started = await Promise.allSettled(toStart.map(({ engine }) => engine.start()));
  const servers = started.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  for (const [index, { status, value, reason }] of started.entries()) {
    if (status === 'fulfilled') {
      urls[toStart[index].engine.variable] = value.url;
      continue;
    }
    await stop();
    throw reason;
  }
  return { urls, stop };
}

function decide(engines) {
  const environment = process.env;
  const facts = {
    mayInstall: mayInstall({ isRoot: process.getuid?.() === 0, hasApt: hasApt(), environment }),
    inCi: isInCi(environment),
  };
  return engines.map((engine) => {
    const url = environment[engine.variable];
    // `find` runs programs, so it is not called if a URL is set.
    const isHere = !url && engine.find() !== undefined;
    return { engine, ...chooseServer({ url, isHere, ...facts }) };
  });
}

function complain(missing) {
  for (const { engine } of missing) {
    const suites = countSuites(engine.name);
    console.error(
      `SKIPPED: ${suites} suite${suites === 1 ? '' : 's'} need ${engine.title}. Fix: ${cureFor(engine)}`,
    );
  }
  if (!missing.some(({ isFatal }) => isFatal)) return;
  const names = missing.map(({ engine }) => engine.title).join(', ');
  throw new Error(`CI must run every suite, but these servers are missing: ${names}.`);
}
