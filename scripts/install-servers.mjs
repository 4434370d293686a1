/**
 * Installs the servers of the tests on Debian: `node scripts/install-servers.mjs [PACKAGE...]` installs the missing servers
 * and the named packages in one step. It needs root, and no node_modules.
 */
import { installDebianPackages } from './servers/debian-packages.mjs';
import { ENGINES } from './servers/engines.mjs';

const missing = ENGINES.filter(({ variable, find }) => !process.env[variable] && find() === undefined);
const packages = [...new Set([...missing.flatMap((engine) => engine.packages), ...process.argv.slice(2)])];
if (packages.length > 0) installDebianPackages(packages);
console.log(packages.length > 0 ? `Installed: ${packages.join(' ')}` : 'All servers are installed.');
