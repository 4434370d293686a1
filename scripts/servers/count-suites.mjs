import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('../../test/', import.meta.url));

/** How many suites say that they need the server of this engine, by the calls that `test/support/servers.ts` offers. */
export function countSuites(engine) {
  const calls = new RegExp(`\\bdescribeWith(Server|PrivateServers)\\(\\s*['"]${engine}['"]`, 'g');
  return readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => readFileSync(TESTS + path, 'utf8').match(calls)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}
