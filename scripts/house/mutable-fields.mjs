/** The fields of a class that can change after its construction. */
import ts from 'typescript';
import { hasModifier, nodesOf } from './sources.mjs';

const { AbstractKeyword, ReadonlyKeyword, StaticKeyword } = ts.SyntaxKind;
const PARAMETER_PROPERTY = ts.ModifierFlags.ParameterPropertyModifier;

/**
 * Names of the mutable fields of each class, by name of the class. A mutable field is one of an instance that is not
 * `readonly`, public or private, also one that a parameter of the constructor or `accessor` declares. The fields of base
 * classes in the same modules are included. A readonly field counts as immutable, also where it holds a collection.
 *
 * @throws Error if a class is not there, or if several classes have its name.
 */
export function mutableFields(modules, names) {
  const classes = modules.flatMap(({ path, tree }) =>
    nodesOf(tree, ts.isClassLike).map((node) => ({ path, name: node.name?.text, node })),
  );
  return new Map(names.map((name) => [name, fieldsOf(theOne(classes, name).node, classes)]));
}

function theOne(classes, name) {
  const found = classes.filter((one) => one.name === name);
  if (found.length === 1) return found[0];
  if (found.length === 0)
    throw new Error(`There is no class ${name} any more: update scripts/house/per-request-classes.mjs.`);
  throw new Error(`Several classes have the name ${name}: ${found.map(({ path }) => path).join(', ')}.`);
}

function fieldsOf(node, classes) {
  const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const isBase = ({ name }) => name !== undefined && name === base?.expression.getText();
  const inherited = classes.filter(isBase).flatMap((one) => fieldsOf(one.node, classes));
  const parameters = node.members.filter(ts.isConstructorDeclaration).flatMap((one) => [...one.parameters]);
  const declared = [...node.members.filter(isInstanceField), ...parameters.filter(isParameterProperty)];
  const mutable = declared.filter((field) => !hasModifier(field, ReadonlyKeyword));
  return [...inherited, ...mutable.map(({ name }) => name.getText())];
}

function isInstanceField(member) {
  return (
    ts.isPropertyDeclaration(member) &&
    ![StaticKeyword, AbstractKeyword].some((one) => hasModifier(member, one))
  );
}

function isParameterProperty(parameter) {
  return (ts.getCombinedModifierFlags(parameter) & PARAMETER_PROPERTY) !== 0;
}
