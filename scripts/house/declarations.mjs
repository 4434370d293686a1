/** What the modules of the library declare: exported things with their doc comments, and types. */
import { posix } from 'node:path';
import ts from 'typescript';
import { hasModifier, nodesOf } from './sources.mjs';

/** Each exported declaration, and whether it has a doc comment. Overloads count as one function. */
export function exportedDeclarations(modules) {
  return modules.flatMap(({ path, tree }) =>
    tree.statements
      .filter((node) => hasModifier(node, ts.SyntaxKind.ExportKeyword) && !isFurtherOverload(node, tree))
      .map((node) => ({ file: path, name: nameOf(node), isDocumented: hasDocComment(node) })),
  );
}

/** An overload after the first one, or the implementation behind them: the first one has the comment. */
function isFurtherOverload(node, tree) {
  if (!ts.isFunctionDeclaration(node)) return false;
  const sameName = (one) => ts.isFunctionDeclaration(one) && one.name?.text === node.name?.text;
  return tree.statements.find(sameName) !== node;
}

function nameOf(node) {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map(({ name }) => name.getText()).join(', ');
  return node.name?.getText() ?? 'default';
}

function hasDocComment(node) {
  const text = node.getFullText();
  const comments = ts.getLeadingCommentRanges(text, 0) ?? [];
  return comments.some(({ pos, end }) => /^\/\*\*[\s*]*[^\s*/]/.test(text.slice(pos, end)));
}

/** Number of interfaces, type aliases and classes in each folder, by name of the folder. */
export function typesPerFolder(modules) {
  const counts = {};
  for (const { path, tree } of modules) {
    const folder = posix.dirname(path);
    counts[folder] = (counts[folder] ?? 0) + nodesOf(tree, isType).length;
  }
  return counts;
}

const isType = (node) =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassLike(node);
