/** The folders of the library and the imports between them. */
import { importsOf } from '../house/imports.mjs';

/**
 * A graph of the folders at the first level (`http`, `stores`; `index.ts` is the main entry point), and of the stores among
 * themselves. `folders` and `stores` are paths; an arrow goes from the folder that imports.
 *
 * An arrow is left out if other arrows lead to the same folder: `nest -> http -> core` makes `nest -> core` superfluous.
 */
export function folderGraph(modules) {
  const imports = importsOf(modules);
  const stores = modules.map(({ path }) => path).filter(isStore);
  return {
    folders: foldersOf(modules.map(({ path }) => path)),
    arrows: withoutImplied(arrowsBetween(imports, topFolder)),
    stores: [...new Set(stores.map(storeFolder))].sort(),
    storeArrows: withoutImplied(
      arrowsBetween(
        imports.filter(({ from, to }) => isStore(from) && isStore(to)),
        storeFolder,
      ),
    ),
  };
}

const isStore = (path) => path.startsWith('stores/');
const topFolder = (path) => path.split('/', 1)[0];
const storeFolder = (path) => path.split('/', 2).join('/');

/** The folders at the first level, each with its subfolders. */
function foldersOf(paths) {
  const folders = new Map();
  for (const path of paths) {
    const [folder, ...rest] = path.split('/');
    const subfolders = folders.get(folder) ?? new Set();
    folders.set(folder, rest.length > 1 ? subfolders.add(rest[0]) : subfolders);
  }
  return [...folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, subfolders]) => ({ name, subfolders: [...subfolders].sort() }));
}

/** For each folder that imports others: the folders that it imports. */
function arrowsBetween(imports, folderOf) {
  const arrows = new Map();
  for (const one of imports) {
    const [from, to] = [folderOf(one.from), folderOf(one.to)];
    if (from !== to) arrows.set(from, new Set([...(arrows.get(from) ?? []), to]));
  }
  return arrows;
}

function withoutImplied(arrows) {
  return [...arrows]
    .flatMap(([from, targets]) =>
      [...targets]
        .filter((to) => ![...targets].some((other) => other !== to && isReached(arrows, other, to)))
        .map((to) => ({ from, to })),
    )
    .sort(byFolders);
}

/** The order of files and of their imports must not change the picture. */
const byFolders = (a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1);

/** Whether arrows lead from one folder to another, directly or through others. */
function isReached(arrows, from, to, seen = new Set()) {
  if (seen.has(from)) return false;
  seen.add(from);
  return [...(arrows.get(from) ?? [])].some((next) => next === to || isReached(arrows, next, to, seen));
}
