import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRET } from '../support/secret.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Result of a process that serves requests with each entry. */
interface Loaded {
  /** The bodies of the responses, by entry. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** URLs of all imported or required modules. */
  readonly resolved: readonly string[];
  /** Paths of the CommonJS modules that ran. */
  readonly required: readonly string[];
  /** Node's own list: builtins and internals. */
  readonly builtins: readonly string[];
}

describe('a process that serves requests with the built package', () => {
  let loaded: Loaded;
  beforeAll(() => {
    if (!existsSync(join(ROOT, 'dist/express/index.js')))
      throw new Error('This test runs the built package, and dist is missing: npm run build');
    const output = execFileSync(process.execPath, ['test/fixtures/all-entries.mjs', SECRET], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    loaded = JSON.parse(output.trim().split('\n').at(-1)!) as Loaded;
  });

  it('sends responses from a session with each entry', () => {
    const twice = [{ n: 1 }, { n: 2 }];
    expect(loaded.answers).toEqual({
      'nest-session': twice,
      'nest-session/http': twice,
      'nest-session/express': twice,
      'require("nest-session/express")': twice,
    });
  });

  it('is observed while it loads modules', () => {
    // Nest 11 requires what Nest 12 imports.
    const all = packagesOf([...loaded.resolved, ...loaded.required]);
    expect(all).toEqual(expect.arrayContaining(['@nestjs/core', 'express', 'depd']));
    expect(packagesOf(loaded.required)).toEqual(expect.arrayContaining(['express', 'depd', 'cookie']));
    expect(loaded.resolved.filter((url) => url.includes('/dist/express/')).length).toBeGreaterThan(5);
    expect(loaded.builtins).toContain('NativeModule http');
  });

  it('loads no package named express-session', () => {
    const { resolved, required, builtins } = loaded;
    expect(resolved.length + required.length).toBeGreaterThan(200);
    expect(packagesOf([...resolved, ...required])).not.toContain('express-session');
    expect(builtins.filter((name) => name.includes('express-session'))).toEqual([]);
  });
});

/** The packages of paths or URLs. */
function packagesOf(paths: readonly string[]): string[] {
  const names = paths.map((path) =>
    /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1]?.replace('\\', '/'),
  );
  return [...new Set(names.filter((name) => name !== undefined))];
}
