/** The functions of the library and their lengths. */
import ts from 'typescript';
import { nodesOf } from './sources.mjs';

/** Name, file and length of each function with a body. Nested functions count by themselves too. */
export function functionsOf(modules) {
  return modules.flatMap(({ path, tree }) =>
    nodesOf(tree, (node) => ts.isFunctionLike(node) && node.body !== undefined).map((node) => ({
      name: nameOf(node),
      file: path,
      lines: linesOf(node, tree),
    })),
  );
}

/** From the first to the last line, without the comment above. */
function linesOf(node, tree) {
  const lineAt = (position) => tree.getLineAndCharacterOfPosition(position).line;
  return lineAt(node.getEnd()) - lineAt(node.getStart()) + 1;
}

/** The name of a function, or of the variable or property that it is the value of. */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return `${node.parent.name?.text ?? 'class'}.constructor`;
  return (node.name ?? node.parent.name)?.getText() ?? '(anonymous)';
}
