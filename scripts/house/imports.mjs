/** The imports between the modules of the library, types included. */
import { posix } from 'node:path';
import ts from 'typescript';
import { nodesOf } from './sources.mjs';

/** Relative imports as pairs of paths, one for each statement, `import()` or imported type. */
export function importsOf(modules) {
  return modules.flatMap(({ path, tree }) =>
    nodesOf(tree, (node) => specifierOf(node)?.startsWith('.') === true).map((node) => ({
      from: path,
      to: posix.join(posix.dirname(path), specifierOf(node)).replace(/\.js$/, '.ts'),
    })),
  );
}

function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier?.text;
  if (ts.isImportTypeNode(node)) return node.argument.literal?.text;
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? node.arguments[0]?.text : undefined;
}

/** The imports of one folder from another. */
export function importsBetween(imports, from, to) {
  return imports.filter((one) => one.from.startsWith(`${from}/`) && one.to.startsWith(`${to}/`));
}

/**
 * The strongly connected components of more than one module, each with its paths in order: every module of a component
 * imports every other one, directly or through others.
 */
export function cyclesOf(imports) {
  const targets = new Map();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const reached = new Map([...targets.keys()].map((path) => [path, reachableFrom(path, targets)]));
  const components = new Map();
  for (const [path, all] of reached) {
    const others = [...all].filter((other) => other !== path && reached.get(other)?.has(path));
    const component = [path, ...others].sort();
    if (others.length > 0) components.set(component[0], component);
  }
  return [...components.values()];
}

/** The modules that a module imports, directly or through others; itself only if it is in a cycle. */
function reachableFrom(path, targets) {
  const found = new Set();
  const waiting = [path];
  while (waiting.length > 0) {
    const next = (targets.get(waiting.pop()) ?? []).filter((to) => !found.has(to));
    for (const to of next) found.add(to);
    waiting.push(...next);
  }
  return found;
}
