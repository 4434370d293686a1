import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { FILES_WITHOUT_SPEC } from './support/files-without-spec.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_LINES = 200;
/** The files of lib that have more lines, and why a split would make them worse. */
const LONG_FILES: Readonly<Record<string, string>> = {};

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional?: boolean }>;
}

const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** A module of the library: its path from `lib`, its text and tree, and what it imports, types included. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly string[];
}

const MODULES = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => readModule(path));

function readModule(path: string): Module {
  const text = readFileSync(join(ROOT, 'lib', path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  return { path, text, tree, imports: importsOf(tree) };
}

/** Static imports and exports, `import()` of values and of types, and what a `createRequire` is asked for. */
function importsOf(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier !== undefined
    ) {
      found.push((node.moduleSpecifier as ts.StringLiteral).text);
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      found.push((node.argument.literal as ts.StringLiteral).text);
    if (
      ts.isCallExpression(node) &&
      isLoader(node.expression) &&
      node.arguments[0] !== undefined &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      found.push(node.arguments[0].text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isLoader(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return /^(createRequire\(.*\)|require)$/s.test(callee.getText());
}

const isRelative = (specifier: string): boolean => specifier.startsWith('.');
const targetOf = ({ path }: Module, specifier: string): string =>
  posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The room of a path from `lib`: `core`, `stores/memory`, or `.` for the front door. */
function roomOf(path: string): string {
  const [first = '.', second = ''] = path.split('/');
  if (!path.includes('/')) return '.';
  return first === 'stores' ? `stores/${second}` : first;
}

/** What each room may import beside itself: rooms, packages, builtins (`node:` for all of them). */
const ALLOWED: Record<string, readonly string[]> = {
  core: ['node:crypto', 'uid-safe'],
  cookie: ['core', 'cookie', 'cookie-signature', 'node:crypto'],
  http: ['core', 'cookie', 'stores/express-session', 'stores/memory', 'node:'],
  nest: ['core', 'http', '@nestjs/common', '@nestjs/core', 'rxjs', '@nestjs/websockets', 'node:'],
  express: ['core', 'cookie', 'http', 'stores/express-session', 'stores/memory', 'depd', 'debug', 'node:'],
  'stores/express-session': ['core', 'cookie', 'depd', 'node:'],
  testing: ['core', 'cookie', 'http', 'nest', 'stores/memory', 'node:'],
  '.': ['http', 'nest'],
};

/** A store knows the engine and its own driver, which is an optional peer; those that speak SQL share one room. */
const OF_STORES = [
  'core',
  'stores/sql',
  'node:',
  ...Object.keys(MANIFEST.peerDependenciesMeta).filter((name) => !name.startsWith('@nestjs/')),
];

function isAllowed(module: Module, specifier: string): boolean {
  const room = roomOf(module.path);
  const allowed = ALLOWED[room] ?? (room.startsWith('stores/') ? OF_STORES : []);
  if (isRelative(specifier)) return [room, ...allowed].includes(roomOf(targetOf(module, specifier)));
  if (isBuiltin(specifier)) return allowed.includes('node:') || allowed.includes(specifier);
  return allowed.includes(packageOf(specifier));
}

const breaches = (found: (module: Module) => readonly string[]): string[] =>
  MODULES.flatMap((module) => found(module).map((what) => `lib/${module.path}: ${what}`));

describe('the imports of the library', () => {
  it('were found at all', () => {
    expect(MODULES.length).toBeGreaterThan(40);
    expect(MODULES.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  });

  it('know every room', () => {
    expect(
      MODULES.map(({ path }) => roomOf(path)).filter(
        (room) => !room.startsWith('stores/') && !(room in ALLOWED),
      ),
    ).toEqual([]);
  });

  it('point inward only', () => {
    expect(breaches((module) => module.imports.filter((specifier) => !isAllowed(module, specifier)))).toEqual(
      [],
    );
  });

  it('never lead to testing, save from itself', () => {
    const leads = (module: Module): string[] =>
      module.imports.filter(
        (specifier) => isRelative(specifier) && roomOf(targetOf(module, specifier)) === 'testing',
      );
    expect(breaches((module) => (roomOf(module.path) === 'testing' ? [] : leads(module)))).toEqual([]);
  });

  it('lead to files that exist', () => {
    const paths = new Set(MODULES.map(({ path }) => path));
    expect(
      breaches((module) =>
        module.imports.filter((one) => isRelative(one) && !paths.has(targetOf(module, one))),
      ),
    ).toEqual([]);
  });

  it('go round in no circle, types included', () => {
    expect(circles()).toEqual([]);
  });

  it('name only packages that package.json declares, and builtins with their node: prefix', () => {
    const declared = { ...MANIFEST.dependencies, ...MANIFEST.peerDependencies };
    const undeclared = (specifier: string): boolean =>
      !isRelative(specifier) &&
      !(isBuiltin(specifier) ? specifier.startsWith('node:') : packageOf(specifier) in declared);
    expect(breaches(({ imports }) => imports.filter(undeclared))).toEqual([]);
  });

  it('use every dependency that package.json declares', () => {
    const used = new Set(MODULES.flatMap(({ imports }) => imports.map(packageOf)));
    expect(Object.keys(MANIFEST.dependencies).filter((name) => !used.has(name))).toEqual([]);
  });
});

/** Every circle of imports, once, as a path that begins at its first file by name. */
function circles(): string[] {
  const graph = new Map(
    MODULES.map((module) => [
      module.path,
      module.imports.filter(isRelative).map((one) => targetOf(module, one)),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, above: readonly string[]): void => {
    const at = above.indexOf(path);
    if (at !== -1) return void found.add(fromFirst(above.slice(at)).join(' -> '));
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...above, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return [...found];
}

function fromFirst(circle: readonly string[]): string[] {
  const first = circle.indexOf([...circle].sort()[0]!);
  return [...circle.slice(first), ...circle.slice(0, first), circle[first]!];
}

describe('the files of the library', () => {
  it(`have at most ${MOST_LINES} lines, except the listed ones`, () => {
    const tooLong = ({ path, text }: Module): string[] => {
      const lines = text.split('\n').length - 1;
      return lines > MOST_LINES && !(path in LONG_FILES) ? [`${lines} lines`] : [];
    };
    expect(breaches(tooLong)).toEqual([]);
  });

  it('have each a spec of its name, or a reason why a spec of other files covers it', () => {
    const listed = new Set(FILES_WITHOUT_SPEC.flatMap(({ files }) => files));
    const hasSpec = ({ path }: Module): boolean => path.endsWith('index.ts') || specsOf(path).length > 0;
    expect(breaches((module) => (hasSpec(module) || listed.has(module.path) ? [] : ['no spec']))).toEqual([]);
  });

  it('exist where a list of exceptions names them', () => {
    const named = [...Object.keys(LONG_FILES), ...FILES_WITHOUT_SPEC.flatMap(({ files }) => files)];
    expect(named.filter((path) => !MODULES.some((module) => module.path === path))).toEqual([]);
  });

  it('have no default export, but for the door that stands in for another package', () => {
    const defaults = ({ path, tree }: Module): string[] =>
      (path === 'express/index.ts' ? [] : [...tree.statements])
        .filter(isDefaultExport)
        .map((node) => node.getText().slice(0, 60));
    expect(breaches(defaults)).toEqual([]);
  });

  it('explain everything that they export', () => {
    const unexplained = ({ tree }: Module): string[] =>
      tree.statements
        .filter((node) => isExported(node) && !isOverload(node) && !hasDocComment(node))
        .map((node) => firstLine(node));
    expect(breaches(unexplained)).toEqual([]);
  });

  it('that are doors say what they are for', () => {
    const doors = MODULES.filter(({ path }) => path === 'index.ts' || path.endsWith('/index.ts'));
    expect(
      doors.filter(({ text }) => !/^\/\*\*[\s\S]*?@module nest-session/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });

  it('hold no suppressed check without a reason, no separators and no unfinished business', () => {
    const smells = ({ text }: Module): string[] =>
      text.match(/@ts-ignore|@ts-nocheck|TODO|FIXME|\/\/ ?[-=*]{5,}/g) ?? [];
    expect(breaches(smells)).toEqual([]);
  });
});

/** The specs at the mirrored place: `x.spec.ts`, `x.e2e.spec.ts`, and parts of one such as `x-rekey.spec.ts`. */
function specsOf(path: string): string[] {
  const folder = join(ROOT, 'test', dirname(path));
  const name = posix.basename(path, '.ts');
  const isSpec = (file: string): boolean =>
    (file.startsWith(`${name}.`) || file.startsWith(`${name}-`)) && file.endsWith('.spec.ts');
  return existsSync(folder) ? readdirSync(folder).filter(isSpec) : [];
}

function modifiersOf(node: ts.Statement): readonly ts.SyntaxKind[] {
  return ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []).map(({ kind }) => kind) : [];
}
const isExported = (node: ts.Statement): boolean => modifiersOf(node).includes(ts.SyntaxKind.ExportKeyword);

function isDefaultExport(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node) || modifiersOf(node).includes(ts.SyntaxKind.DefaultKeyword)) return true;
  const clause = ts.isExportDeclaration(node) ? node.exportClause : undefined;
  return (
    clause !== undefined &&
    ts.isNamedExports(clause) &&
    clause.elements.some(({ name }) => name.text === 'default')
  );
}

/** The implementation behind overloads, or a further overload: the first one is explained. */
function isOverload(node: ts.Statement): boolean {
  if (!ts.isFunctionDeclaration(node)) return false;
  const declarations = node.getSourceFile().statements.filter(ts.isFunctionDeclaration);
  return declarations.find(({ name }) => name?.text === node.name?.text) !== node;
}

const hasDocComment = (node: ts.Statement): boolean =>
  (ts.getLeadingCommentRanges(node.getFullText(), 0) ?? []).some(({ pos, end }) =>
    /^\/\*\*\s*\S/.test(node.getFullText().slice(pos, end)),
  );

const firstLine = (node: ts.Statement): string => node.getText().split('\n', 1)[0]!.slice(0, 80);

describe('the stores', () => {
  const stores = MODULES.filter(({ path }) => path.startsWith('stores/'));
  const optionalPeers = Object.entries(MANIFEST.peerDependenciesMeta)
    .filter(([name, { optional }]) => optional === true && !name.startsWith('@nestjs/'))
    .map(([name]) => name);

  it('were found, and so were the optional peers', () => {
    expect(stores.length).toBeGreaterThan(2);
    expect(optionalPeers).toContain('lmdb');
  });

  it('show no type of an optional peer in what they export', () => {
    const shown = ({ tree }: Module): string[] => {
      const names = namesFrom(tree, optionalPeers);
      return tree.statements
        .filter((node) => isExported(node) || ts.isExportDeclaration(node))
        .flatMap((node) => typesIn(node, names, optionalPeers));
    };
    expect(stores.flatMap((module) => shown(module).map((what) => `lib/${module.path}: ${what}`))).toEqual(
      [],
    );
  });
});

/** The local names of what a file imports from these packages. */
function namesFrom(tree: ts.SourceFile, packages: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const node of tree.statements.filter(ts.isImportDeclaration)) {
    if (!packages.includes(packageOf((node.moduleSpecifier as ts.StringLiteral).text))) continue;
    const clause = node.importClause;
    if (clause?.name !== undefined) names.add(clause.name.text);
    const bindings = clause?.namedBindings;
    if (bindings !== undefined && ts.isNamespaceImport(bindings)) names.add(bindings.name.text);
    if (bindings !== undefined && ts.isNamedImports(bindings))
      bindings.elements.forEach(({ name }) => names.add(name.text));
  }
  return names;
}

/** Where the declared types of an exported statement mention one of the names or packages. */
function typesIn(statement: ts.Statement, names: ReadonlySet<string>, packages: readonly string[]): string[] {
  const found: string[] = [];
  const mentions = (node: ts.Node): boolean => {
    if (ts.isTypeReferenceNode(node)) return names.has(node.typeName.getText().split('.')[0]!);
    if (ts.isExpressionWithTypeArguments(node)) return names.has(node.expression.getText().split('.')[0]!);
    if (ts.isTypeQueryNode(node)) return names.has(node.exprName.getText().split('.')[0]!);
    if (ts.isImportTypeNode(node))
      return packages.some((name) => node.argument.getText().slice(1).startsWith(name));
    return (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      packages.includes(packageOf((node.moduleSpecifier as ts.StringLiteral).text))
    );
  };
  const visit = (node: ts.Node): void => {
    // What happens inside a body, and in a private member, is not in a declaration file.
    if (
      ts.isBlock(node) ||
      (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name))
    )
      return;
    if (mentions(node)) found.push(node.getText().slice(0, 60));
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return found;
}
