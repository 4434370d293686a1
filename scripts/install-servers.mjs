/**
 * Installs the servers that the tests need and this Debian machine lacks, and the named packages:
 * `node scripts/install-servers.mjs [PACKAGE...]`. Needs root, and no node_modules.
 */
import { readArguments } from './read-arguments.mjs';
import { installDebianPackages } from './servers/debian-packages.mjs';
import { ENGINES } from './servers/engines.mjs';

const { positionals } = readArguments({
  usage: 'node scripts/install-servers.mjs [PACKAGE...]',
  allowPositionals: true,
});
const missing = ENGINES.filter(({ variable, find }) => !process.env[variable] && find() === undefined);
const packages = [...new Set([...missing.flatMap((engine) => engine.packages), ...positionals])];
if (packages.length > 0) installDebianPackages(packages);
console.log(packages.length > 0 ? `Installed: ${packages.join(' ')}` : 'All servers are installed.');
