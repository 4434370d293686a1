import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FOLDER = fileURLToPath(new URL('../types/express', import.meta.url));

/** The diagnostics of a project, and the files that the compiler read. */
function compile(config: string): { errors: string[]; files: readonly string[] } {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (): void => undefined };
  const parsed = ts.getParsedCommandLineOfConfigFile(`${FOLDER}/${config}`, {}, host)!;
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  return {
    errors: ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    files: program.getSourceFiles().map(({ fileName }) => fileName),
  };
}

describe('TypeScript applications of express-session', () => {
  it.each([
    ['with its own types', 'tsconfig.theirs.json', true, false],
    ['with nest-session/express, and the types of express-session', 'tsconfig.json', true, true],
    ['with nest-session/express alone', 'tsconfig.ours.json', false, true],
  ])(
    'compile %s',
    (_, config, theirs, ours) => {
      const { errors, files } = compile(config);
      expect(errors).toEqual([]);
      expect(files.some((file) => file.includes('@types/express-session'))).toBe(theirs);
      expect(files.some((file) => file.endsWith('lib/express/typed-session.ts'))).toBe(ours);
    },
    120_000,
  );
});
