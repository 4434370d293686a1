import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Comparison {
  readonly scenarios: number;
  readonly documented: readonly { readonly id: string; readonly rule: string; readonly times: number }[];
  readonly undocumented: readonly { readonly scenario: string; readonly field: string }[];
  readonly unseen: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('express-session and nest-session/express, side by side', () => {
  let comparison: Comparison;
  let status: number | null;

  beforeAll(() => {
    if (!existsSync(join(ROOT, 'dist/express/index.js')))
      throw new Error('This test runs the built package, and dist/express is missing: npm run build');
    const { NO_DEPRECATION: _, DEBUG: __, ...env } = process.env;
    const run = spawnSync(process.execPath, ['scripts/side-by-side/run.mjs', '--json'], {
      cwd: ROOT,
      encoding: 'utf8',
      env,
      maxBuffer: 64 * 1024 * 1024,
      // Takes up to a minute on a busy machine. This only ends a run that hangs.
      timeout: 280_000,
    });
    if (run.stdout === '') throw new Error(`The comparison did not finish:\n${run.stderr}`);
    status = run.status;
    comparison = JSON.parse(run.stdout) as Comparison;
  }, 300_000);

  it('differ only where it is documented', () => {
    expect(comparison.undocumented.map(({ scenario, field }) => `${scenario}: ${field}`)).toEqual([]);
    expect(comparison.unseen).toEqual([]);
    expect(status).toBe(0);
  });

  it('run all scenarios', () => {
    expect(comparison.scenarios).toBeGreaterThanOrEqual(850);
  });

  it('differ as the migration guide documents', () => {
    const guide = readFileSync(join(ROOT, 'docs/migrating-from-express-session.md'), 'utf8');
    const rows = guide.split('\n').filter((line) => line.startsWith('|'));
    const missing = comparison.documented.filter(
      ({ id, rule }) => !rows.some((row) => row.includes(`\`${id}\``) && row.includes(rule)),
    );
    expect(missing).toEqual([]);
  });
});
