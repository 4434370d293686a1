import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from '@tsd/typescript';
import { installPackage } from './install-package.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A block of TypeScript in a page or in a doc comment, and its place. */
interface Snippet {
  readonly path: string;
  readonly line: number;
  readonly code: string;
}

/** Declarations of names that pages and doc comments use without one. */
const APPLICATION = `
  import type { Express } from 'express';
  import type { ModuleMetadata, Type } from '@nestjs/common';
  declare global {
    const app: Express;
    const secret: string;
    const metrics: { count(name: string): void };
    class ConfigService {
      getOrThrow<T = string>(name: string): T;
    }
    const ConfigModule: Type<ModuleMetadata>;
  }
`;

const SNIPPETS = [...pages(), ...sources()].flatMap((path) => snippetsOf(path));

function pages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith('.md') && !path.includes('node_modules'));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('docs'), ...below('sample')];
}

function sources(): string[] {
  return readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('lib', path));
}

function snippetsOf(path: string): Snippet[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const found = text.matchAll(/^(?<margin>[ \t]*(?:\* )?)```ts\n(?<code>[\s\S]*?)^[ \t]*(?:\* )?```$/gm);
  return [...found].map((match) => {
    const { margin, code } = match.groups as { margin: string; code: string };
    const line = text.slice(0, match.index).split('\n').length + 1;
    const unindented = code.split('\n').map((each) => each.replace(margin, '').replace(/^[ \t]*\*$/, ''));
    return { path, line, code: unindented.join('\n') };
  });
}

describe('TypeScript in README, docs and doc comments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-snippets-'));
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    installPackage(folder);
    write(folder, 'package.json', '{ "type": "module" }');
    write(folder, 'application.d.ts', APPLICATION);
    errors = compile(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('exists in the README, in docs and in lib', () => {
    for (const place of ['README.md', 'docs/', 'lib/'])
      expect(SNIPPETS.filter(({ path }) => path.startsWith(place)).length).toBeGreaterThan(2);
  });

  it('is checked by a compiler that reports errors', () => {
    const faults = compileFiles([write(folder, 'fault.ts', `app.missing();`)], folder);
    expect(faults.join()).toContain('missing');
  });

  it.each(SNIPPETS.map((snippet) => [`${snippet.path}:${snippet.line}`, snippet] as const))(
    'compiles with TypeScript 5.9, strict, against the packed types: %s',
    (_, snippet) => {
      expect(errors.get(nameOf(snippet))).toEqual([]);
    },
  );
});

/**
 * The errors of each snippet. Each snippet with a global declaration is a separate program, because such a declaration
 * applies to the whole program. All other snippets are one program.
 */
function compile(folder: string): Map<string, string[]> {
  const errors = new Map<string, string[]>();
  const written = SNIPPETS.map((snippet) => {
    errors.set(nameOf(snippet), []);
    const path = write(folder, nameOf(snippet), `${withFilesOfPage(snippet)}\nexport {};\n`);
    return { path, isAlone: /declare (module|global)/.test(snippet.code) };
  });
  const together = written.filter(({ isAlone }) => !isAlone).map(({ path }) => path);
  const alone = written.filter(({ isAlone }) => isAlone).map(({ path }) => [path]);
  for (const paths of [together, ...alone])
    for (const message of compileFiles(paths, folder)) {
      const [name = ''] = message.split(':');
      errors.set(name, [...(errors.get(name) ?? []), message]);
    }
  return errors;
}

function compileFiles(paths: readonly string[], folder: string): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    isolatedModules: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node', 'jest'],
    typeRoots: [join(folder, 'node_modules/@types')],
  };
  const program = ts.createProgram([...paths, join(folder, 'application.d.ts')], options);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (file === undefined || start === undefined) return text;
    return `${file.fileName.slice(folder.length + 1)}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${text}`;
  });
}

/** Resolves an import of a local file to the snippet of the same page that exports the first imported name. */
function withFilesOfPage({ path, code }: Snippet): string {
  const localImport = /(import (?:type )?\{ (?:type )?(\w+)[^}]*\} from ')\.\/[\w.-]+\.js';/g;
  return code.replaceAll(localImport, (statement, start: string, name: string) => {
    const file = SNIPPETS.find(
      (other) => other.path === path && new RegExp(`^export .*\\b${name}\\b`, 'm').test(other.code),
    );
    return file === undefined ? statement : `${start}./${nameOf(file).replace('.ts', '.js')}';`;
  });
}

const nameOf = ({ path, line }: Snippet): string => `${path.replaceAll(/[^\w-]/g, '_')}_${line}.ts`;

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
