/** The measures as a table of plain text. */

/** `isVerbose` adds the lists of long functions, undocumented exports and uneven counts. */
export function report(measures, isVerbose) {
  const rows = [...rowsOf(measures), ...requestRows(measures.requests)].map(([what, value]) => [
    what,
    String(value),
  ]);
  const [left, right] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows.map(([what, value]) => `${what.padEnd(left)}  ${value.padStart(right)}`);
  return [...table, ...listsOf(measures, isVerbose)].join('\n');
}

function rowsOf({ files, functions, imports, exports, types, mutableFields, unlisted }) {
  const fields = Object.entries(mutableFields).map(([name, all]) => [
    `mutable fields of ${name}`,
    all.length,
  ]);
  const isLong = files.long.length;
  return [
    ['files', files.count],
    ['mean file, lines', files.mean],
    ['median file, lines', files.median],
    [`longest file, lines (${files.longest.file})`, files.longest.lines],
    ['files over 200 lines', isLong],
    ['functions', functions.count],
    ['median function, lines', functions.median],
    ['90th percentile of functions, lines', functions.p90],
    [
      `longest function, lines (${functions.longest.name}, ${functions.longest.file})`,
      functions.longest.lines,
    ],
    ['functions over 40 lines', functions.long.length],
    ['import cycles', imports.cycles],
    ['files in the largest import cycle', imports.largestCycle],
    ['imports of express by nest', imports.nestToExpress.length],
    ['exported declarations', exports.count],
    [
      'exported declarations with a doc comment',
      share(exports.count - exports.undocumented.length, exports.count),
    ],
    ['types', Object.values(types).reduce((sum, count) => sum + count, 0)],
    ...Object.entries(types).map(([folder, count]) => [`types in ${folder}`, count]),
    ...fields,
    ['mutable fields per request, listed classes', fields.reduce((sum, [, count]) => sum + count, 0)],
    ['per-request classes that are not listed', unlisted.length],
    ['mutable fields of those', unlisted.reduce((sum, { fields: all }) => sum + all.length, 0)],
  ];
}

const share = (part, all) => `${((100 * part) / all).toFixed(1)} %`;

function requestRows(requests) {
  return Object.entries(requests).flatMap(([kind, { files, functions, calls }]) => [
    [`${kind}: files`, files],
    [`${kind}: functions`, functions],
    [`${kind}: calls`, calls.toFixed(1)],
  ]);
}

function listsOf({ files, functions, imports, exports, unlisted, requests }, isVerbose) {
  const uneven = Object.entries(requests).flatMap(([kind, one]) =>
    one.uneven.map((what) => `${kind}: ${what}`),
  );
  const lists = [
    ['Files over 200 lines', files.long.map(({ file, lines }) => `${file}: ${lines}`)],
    ['Imports of express by nest', imports.nestToExpress.map(({ from, to }) => `${from} -> ${to}`)],
    [
      'Per-request classes that are not listed, and their mutable fields',
      unlisted.map(({ name, file, fields }) => `${name} (${file}): ${fields.join(' ') || 'none'}`),
    ],
  ];
  const more = [
    ['Functions over 40 lines', functions.long.map(({ name, file, lines }) => `${name} (${file}): ${lines}`)],
    [
      'Exported declarations without a doc comment',
      exports.undocumented.map(({ name, file }) => `${name} (${file})`),
    ],
    ['Functions that did not run equally often in each request', uneven],
  ];
  return [...lists, ...(isVerbose ? more : [])]
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines]) => ['', `${title}:`, ...lines.map((line) => `  ${line}`)]);
}
