/** The modules of the library: paths, texts and syntax trees. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** All TypeScript files under a folder, by path. */
export function readModules(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => parseModule(path, readFileSync(join(folder, path), 'utf8')));
}

/** A module from its text. */
export function parseModule(path, text) {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
}

/** All nodes of a tree for which `test` is true, nested ones included. */
export function nodesOf(tree, test) {
  const found = [];
  const visit = (node) => {
    if (test(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** Whether a declaration has a modifier, such as `ts.SyntaxKind.ReadonlyKeyword`. */
export function hasModifier(node, modifier) {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === modifier);
}
