import { startServers } from '../../../scripts/servers/start-servers.mjs';
import { ENGINES } from '../../../scripts/servers/engines.mjs';
import { MEMCACHED } from './memcached.mjs';

/** Starts the servers that stores want; their URLs go into the environment, where the children find them. */
export async function startBackends(names) {
  const engines = [...ENGINES, MEMCACHED].filter(({ name }) => names.includes(name));
  const { urls, stop } = await startServers(engines);
  Object.assign(process.env, urls);
  const present = new Set(engines.filter(({ variable }) => variable in urls).map(({ name }) => name));
  return { present, stop };
}
