/** Both pictures of docs/architecture.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModules } from '../house/sources.mjs';
import { folderGraph } from './folder-graph.mjs';
import { drawFolders, THEMES } from './picture.mjs';

/** The text of each picture by its path from the root of the repository. */
export async function drawArchitecture(root) {
  const graph = folderGraph(readModules(join(root, 'lib')));
  const entryPoints = entryPointsOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const pictures = new Map();
  for (const [name, theme] of Object.entries(THEMES))
    pictures.set(`docs/architecture-${name}.svg`, await drawFolders(graph, entryPoints, theme));
  return pictures;
}

/** The name that applications import, by folder: `stores/redis` is `nest-session/redis`. */
function entryPointsOf({ name, exports }) {
  return new Map(
    Object.entries(exports)
      .filter(([, target]) => typeof target === 'object')
      .map(([path, target]) => [folderOf(target.default), path.replace('.', name)]),
  );
}

function folderOf(file) {
  const path = file.replace('./dist/', '');
  return path === 'index.js' ? 'index.ts' : path.replace('/index.js', '');
}
