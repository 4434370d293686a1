import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../types/express', import.meta.url));
const TSC = fileURLToPath(new URL('../../node_modules/@typescript/native/bin/tsc', import.meta.url));

/** Compiles a project with the compiler of `npm run typecheck`. Returns its errors, and the files that it read. */
function compile(config: string): { status: number | null; errors: string[]; files: readonly string[] } {
  const args = [TSC, '--noEmit', '--listFiles', '--pretty', 'false', '-p', `${FOLDER}/${config}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const lines = (stdout + stderr).split('\n').filter((line) => line !== '');
  const isFile = (line: string): boolean => /^[^:]*(:[/\\][^:]*)?\.ts$/.test(line);
  return {
    status,
    errors: lines.filter((line) => !isFile(line)),
    files: lines.filter(isFile).map((path) => path.replaceAll('\\', '/')),
  };
}

describe('TypeScript applications of express-session', () => {
  it.each([
    ['with its own types', 'tsconfig.theirs.json', true, false],
    ['with nest-session/express, and the types of express-session', 'tsconfig.json', true, true],
    ['with nest-session/express alone', 'tsconfig.ours.json', false, true],
  ])('compile %s', (_, config, theirs, ours) => {
    const { status, errors, files } = compile(config);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    expect(files.some((file) => file.includes('@types/express-session'))).toBe(theirs);
    expect(files.some((file) => file.endsWith('lib/express/typed-session.ts'))).toBe(ours);
  });
});
