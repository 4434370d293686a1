import { classesPerRequest, perRequest } from '../../scripts/house/coverage.mjs';
import { exportedDeclarations, typesPerFolder } from '../../scripts/house/declarations.mjs';
import { functionsOf } from '../../scripts/house/functions.mjs';
import { cyclesOf, importsBetween, importsOf } from '../../scripts/house/imports.mjs';
import { mutableFields } from '../../scripts/house/mutable-fields.mjs';
import { parseModule } from '../../scripts/house/sources.mjs';
import { lengthsOf } from '../../scripts/house/statistics.mjs';

const moduleOf = (...lines: string[]) => parseModule('core/a.ts', lines.join('\n'));

describe('functionsOf', () => {
  it('measures functions from their first to their last line, nested ones by themselves too', () => {
    const found = functionsOf([
      moduleOf(
        '/** A comment is not part of the function. */',
        'export function outer(): void {',
        '  const inner = () => {',
        '    return [].map((one) => one);',
        '  };',
        '  inner();',
        '}',
      ),
    ]);
    expect(found.map(({ name, lines }) => [name, lines])).toEqual([
      ['outer', 6],
      ['inner', 3],
      ['(anonymous)', 1],
    ]);
  });

  it('measures constructors, methods and accessors, but no signature', () => {
    const found = functionsOf([
      moduleOf(
        'abstract class A {',
        '  constructor() {',
        '  }',
        '  abstract none(): void;',
        '  get one() { return 1; }',
        '  #two(): void;',
        '  #two(a?: string): void {',
        '  }',
        '}',
        'interface B { three(): void }',
      ),
    ]);
    expect(found.map(({ name, lines }) => [name, lines])).toEqual([
      ['A.constructor', 2],
      ['one', 1],
      ['#two', 2],
    ]);
  });
});

describe('lengthsOf', () => {
  it('takes the median and the 90th percentile from the values themselves', () => {
    const values = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    expect(lengthsOf(values)).toEqual({ count: 10, mean: 6, median: 5, p90: 9, longest: 10 });
  });
});

describe('importsOf and cyclesOf', () => {
  const FILES = {
    'nest/a.ts': "import type { B } from '../express/b.js'; import 'node:fs';",
    'express/b.ts': "export { c } from './c.js';",
    'express/c.ts': "type A = import('../nest/a.js').A; export const d = () => import('./d.js');",
    'express/d.ts': "import { e } from '../core/e.js';",
    'core/e.ts': "import type { F } from './f.js';",
    'core/f.ts': "import type { E } from './e.js';",
  };
  const imports = importsOf(Object.entries(FILES).map(([path, text]) => parseModule(path, text)));

  it('find statements, imported types and import()', () => {
    expect(imports.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'nest/a.ts express/b.ts',
      'express/b.ts express/c.ts',
      'express/c.ts nest/a.ts',
      'express/c.ts express/d.ts',
      'express/d.ts core/e.ts',
      'core/e.ts core/f.ts',
      'core/f.ts core/e.ts',
    ]);
  });

  it('find each cycle once, without the modules that only lead to it', () => {
    expect(cyclesOf(imports)).toEqual([
      ['express/b.ts', 'express/c.ts', 'nest/a.ts'],
      ['core/e.ts', 'core/f.ts'],
    ]);
  });

  it('find the imports of one folder from another', () => {
    expect(importsBetween(imports, 'nest', 'express')).toEqual([{ from: 'nest/a.ts', to: 'express/b.ts' }]);
  });
});

describe('exportedDeclarations', () => {
  it('tell which exports have a doc comment', () => {
    const found = exportedDeclarations([
      moduleOf(
        '/**',
        ' * Text.',
        ' */',
        'export const a = 1;',
        '/** */',
        'export type B = 1;',
        '// No doc comment.',
        'export class C {}',
        'const d = 1;',
        '/** Text. */',
        'export function e(): void;',
        'export function e(f?: string): void {}',
      ),
    ]);
    expect(found.map(({ name, isDocumented }) => [name, isDocumented])).toEqual([
      ['a', true],
      ['B', false],
      ['C', false],
      ['e', true],
    ]);
  });
});

describe('typesPerFolder', () => {
  it('counts interfaces, type aliases and classes', () => {
    const some = parseModule('core/a.ts', 'interface A {}\ntype B = 1;\nexport class C {}\nconst d = 1;');
    const more = parseModule('stores/sql/b.ts', 'export type E = 1;');
    expect(typesPerFolder([some, some, more])).toEqual({ core: 6, 'stores/sql': 1 });
  });
});

describe('mutableFields', () => {
  const modules = [
    parseModule('core/base.ts', 'export class Base { inherited = 1; }'),
    moduleOf(
      'class A extends Base {',
      '  open: number;',
      '  private closed = 1;',
      '  #hidden?: string;',
      '  accessor kept = 1;',
      '  readonly fixed = new Map();',
      '  readonly #alsoFixed = 1;',
      '  static shared = 1;',
      '  get shown() { return 1; }',
      '  method() {}',
      '  constructor(private parameter: number, readonly constant: number, plain: number) {',
      '    super();',
      '  }',
      '}',
    ),
  ];

  it('are those that an instance may change, inherited ones included', () => {
    expect(mutableFields(modules, ['A']).get('A')).toEqual([
      'inherited',
      'open',
      'closed',
      '#hidden',
      'kept',
      'parameter',
    ]);
  });

  it('throws for a class that does not exist, and for a name of several classes', () => {
    expect(() => mutableFields(modules, ['A', 'Gone'])).toThrow('There is no class Gone any more');
    expect(() => mutableFields([...modules, ...modules], ['A'])).toThrow('Several classes have the name A');
  });
});

describe('the counts of V8', () => {
  const CALLS = [
    { file: 'core/a.js', name: '<instance_members_initializer>', text: 'class A {\n #a = 1; }', count: 10 },
    { file: 'core/a.js', name: 'get', text: 'get() {}', count: 35 },
    { file: 'http/b.js', name: 'B', text: 'constructor(a) {}', count: 20 },
    { file: 'http/b.js', name: '<instance_members_initializer>', text: 'class B extends A {}', count: 20 },
    { file: 'core/c.js', name: 'C', text: 'constructor() {}', count: 9 },
    { file: 'core/d.js', name: '', text: '() => 1', count: 1 },
  ];

  it('are divided by the requests, without what ran in less than half of them', () => {
    expect(perRequest(CALLS, 10)).toEqual({
      files: 3,
      functions: 5,
      calls: 9.4,
      uneven: ['get (core/a.js): 35 of 10', 'C (core/c.js): 9 of 10', '(anonymous) (core/d.js): 1 of 10'],
    });
  });

  it('name the classes with an instance for each request, once each', () => {
    expect(classesPerRequest(CALLS, 10)).toEqual([
      { file: 'core/a.js', name: 'A', count: 10 },
      { file: 'http/b.js', name: 'B', count: 20 },
    ]);
  });
});
