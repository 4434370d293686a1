/** The measures that follow from the text of the library. */
import { exportedDeclarations, typesPerFolder } from './declarations.mjs';
import { functionsOf } from './functions.mjs';
import { cyclesOf, importsBetween, importsOf } from './imports.mjs';
import { mutableFields } from './mutable-fields.mjs';
import { PER_REQUEST_CLASSES } from './per-request-classes.mjs';
import { lengthsOf } from './statistics.mjs';

/** More lines than these are listed by name. */
const LONG_FILE = 200;
const LONG_FUNCTION = 40;

/** @throws Error if a listed class does not exist. */
export function measureSource(modules) {
  const imports = importsOf(modules);
  const cycles = cyclesOf(imports);
  const declarations = exportedDeclarations(modules);
  const files = modules.map(({ path, text }) => ({ file: path, lines: text.split('\n').length - 1 }));
  return {
    files: longOnes(files, LONG_FILE),
    functions: longOnes(functionsOf(modules), LONG_FUNCTION),
    imports: {
      cycles: cycles.length,
      largestCycle: Math.max(0, ...cycles.map(({ length }) => length)),
      nestToExpress: importsBetween(imports, 'nest', 'express'),
    },
    exports: {
      count: declarations.length,
      undocumented: declarations
        .filter(({ isDocumented }) => !isDocumented)
        .map(({ file, name }) => ({ file, name })),
    },
    types: typesPerFolder(modules),
    mutableFields: Object.fromEntries(mutableFields(modules, Object.keys(PER_REQUEST_CLASSES))),
  };
}

/** The statistics of some lengths, the longest one, and all above a limit, longest first. */
function longOnes(measured, limit) {
  const sorted = [...measured].sort((one, other) => other.lines - one.lines);
  return {
    ...lengthsOf(measured.map(({ lines }) => lines)),
    longest: sorted[0],
    long: sorted.filter(({ lines }) => lines > limit),
  };
}
