import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawArchitecture } from '../../scripts/architecture/draw.mjs';
import { folderGraph } from '../../scripts/architecture/folder-graph.mjs';
import { parseModule } from '../../scripts/house/sources.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Modules by path, each with the paths that it imports, seen from `lib`. */
const graphOf = (imports: Record<string, readonly string[]>) =>
  folderGraph(
    Object.entries(imports).map(([path, targets]) => {
      const up = '../'.repeat(path.split('/').length - 1) || './';
      return parseModule(path, targets.map((target) => `import '${up}${target}';`).join('\n'));
    }),
  );

describe('the pictures of docs/architecture.md', () => {
  it('are those that `node scripts/draw-architecture.mjs` draws now', async () => {
    const pictures = await drawArchitecture(ROOT);
    expect([...pictures.keys()]).toEqual(['docs/architecture-light.svg', 'docs/architecture-dark.svg']);
    const outdated = [...pictures].filter(([path, svg]) => readFileSync(join(ROOT, path), 'utf8') !== svg);
    expect(outdated.map(([path]) => path)).toEqual([]);
  });
});

describe('folderGraph', () => {
  it('has a box for each folder at the first level, with its subfolders', () => {
    const { folders } = graphOf({
      'index.ts': [],
      'core/a.ts': [],
      'core/util/b.ts': [],
      'core/util/c.ts': [],
    });
    expect(folders).toEqual([
      { name: 'core', subfolders: ['util'] },
      { name: 'index.ts', subfolders: [] },
    ]);
  });

  it('has one arrow for all imports of one folder by another', () => {
    const { arrows } = graphOf({
      'http/a.ts': ['core/b.js', 'core/util/c.js'],
      'http/d/e.ts': ['core/b.js'],
    });
    expect(arrows).toEqual([{ from: 'http', to: 'core' }]);
  });

  it('leaves out an arrow that follows from others', () => {
    const { arrows } = graphOf({ 'nest/a.ts': ['core/c.js', 'http/b.js'], 'http/b.ts': ['core/c.js'] });
    expect(arrows).toEqual([
      { from: 'http', to: 'core' },
      { from: 'nest', to: 'http' },
    ]);
  });

  it('has an arrow between two stores, and one arrow for all stores to another folder', () => {
    const { stores, arrows, storeArrows } = graphOf({
      'stores/sql/a.ts': ['core/b.js'],
      'stores/mysql/c.ts': ['stores/sql/a.js', 'core/b.js'],
    });
    expect(stores).toEqual(['stores/mysql', 'stores/sql']);
    expect(arrows).toEqual([{ from: 'stores', to: 'core' }]);
    expect(storeArrows).toEqual([{ from: 'stores/mysql', to: 'stores/sql' }]);
  });

  it('ends for folders that import each other', () => {
    const { arrows } = graphOf({ 'a/a.ts': ['b/b.js', 'c/c.js'], 'b/b.ts': ['a/a.js'], 'c/c.ts': [] });
    expect(arrows).toContainEqual({ from: 'b', to: 'a' });
  });
});
