import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('../../test/', import.meta.url));

/**
 * Number of test suites that need a server of this engine. Counts calls of `describeWithServer` and
 * `describeWithPrivateServers` of `test/support/servers.ts`.
 */
export function countSuites(engine) {
  const calls = new RegExp(`\\bdescribeWith(Server|PrivateServers)\\(\\s*['"]${engine}['"]`, 'g');
  return readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => readFileSync(TESTS + path, 'utf8').match(calls)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}
