/** The picture of the folders as SVG, laid out by Graphviz. */
import { instance } from '@viz-js/viz';
import { purposeOf } from './purposes.mjs';

/** Colours of both pictures: those of GitHub, which shows them. */
export const THEMES = {
  light: {
    ground: '#ffffff',
    box: '#f6f8fa',
    line: '#818b98',
    text: '#1f2328',
    soft: '#59636e',
    entry: '#0969da',
  },
  dark: {
    ground: '#0d1117',
    box: '#151b23',
    line: '#656c76',
    text: '#f0f6fc',
    soft: '#9198a1',
    entry: '#4493f8',
  },
};

/** Graphviz reserves this much more room than its own font needs: viewers have wider fonts. */
const ROOM = 1.18;

/**
 * The picture as the text of an SVG file. `entryPoints` has the name that applications import for each folder that
 * package.json exports.
 */
export async function drawFolders(graph, entryPoints, theme) {
  const viz = await instance();
  const svg = viz.renderString(dotOf(graph, entryPoints, theme), { format: 'svg' });
  return svg
    .slice(svg.indexOf('<svg'))
    .replaceAll(/<!--[\s\S]*?-->\s*|<title>[^<]*<\/title>\s*| id="[^"]*"/g, '')
    .replaceAll(/font-family="[^"]*"/g, 'font-family="system-ui,Helvetica,Arial,sans-serif"')
    .replaceAll(/font-size="([\d.]+)"/g, (_, size) => `font-size="${Math.round(Number(size) / ROOM)}"`)
    .replace('>', ' role="img">\n<title>Folders of lib and the imports between them</title>');
}

function dotOf({ folders, arrows, stores, storeArrows }, entryPoints, theme) {
  const box = (name, subfolders = []) =>
    `"${name}" [label=<${labelOf(name, subfolders, entryPoints.get(name), theme)}>]`;
  const boxes = folders.filter(({ name }) => name !== 'stores');
  const { first, last, rows } = rowsOf(stores, storeArrows);
  const storesLabel = tableOf([heading('stores', theme), font(theme.soft, 11, purposeOf('stores'))]);
  return `digraph {
    compound=true bgcolor="${theme.ground}" ranksep=0.35 nodesep=0.2 pad=0.2
    node [shape=box style="rounded,filled" fillcolor="${theme.box}" color="${theme.line}" height=0.9 margin="0.1,0.05"]
    edge [color="${theme.line}" arrowsize=0.7]
    node [fontname="Helvetica"]
    ${boxes.map(({ name, subfolders }) => box(name, subfolders)).join('\n')}
    subgraph cluster_stores {
      label=<${storesLabel}> labeljust=l style=rounded color="${theme.line}" margin=12 fontname="Helvetica"
      ${stores.map((name) => box(name)).join('\n')}
      ${rows.map(({ above, below }) => `"${above}" -> "${below}" [style=invis]`).join('\n')}
      ${storeArrows.map(({ from, to }) => `"${from}" -> "${to}"`).join('\n')}
    }
    ${arrows.map(({ from, to }) => arrowOf(from, to, first, last)).join('\n')}
  }`;
}

/** Stores that import no store stand above those that do. Graphviz needs the first and the last store for its arrows. */
function rowsOf(stores, storeArrows) {
  const importing = [...new Set(storeArrows.map(({ from }) => from))];
  const imported = storeArrows.map(({ to }) => to);
  const alone = stores.filter((name) => !importing.includes(name) && !imported.includes(name));
  return {
    first: alone[0],
    last: imported[0] ?? alone[0],
    rows: alone.map((above, at) => ({ above, below: importing[at % importing.length] })),
  };
}

/** An arrow. From or to `stores` it ends at the frame around all of them, and is longer. */
function arrowOf(from, to, first, last) {
  const tail = from === 'stores' ? `"${last}"` : `"${from}"`;
  const head = to === 'stores' ? `"${first}"` : `"${to}"`;
  if (from === 'stores') return `${tail} -> ${head} [ltail=cluster_stores weight=10 minlen=2]`;
  if (to === 'stores') return `${tail} -> ${head} [lhead=cluster_stores weight=10 minlen=2]`;
  return `${tail} -> ${head} [weight=10]`;
}

/** Name, entry point and purpose of a folder, and a line for each subfolder. */
function labelOf(name, subfolders, entryPoint, theme) {
  const rows = [heading(name.replace('stores/', ''), theme)];
  if (entryPoint !== undefined) rows.push(font(theme.entry, 11, entryPoint));
  rows.push(font(theme.soft, 11, purposeOf(name)));
  const inside = subfolders.map((subfolder) => [
    font(theme.text, 11, `${subfolder}/`),
    font(theme.soft, 11, purposeOf(`${name}/${subfolder}`)),
  ]);
  return tableOf([...rows, ...inside]);
}

const heading = (name, theme) => `<B>${font(theme.text, 14, name)}</B>`;

/** Rows of one text or of two. */
function tableOf(rows) {
  const cell = (text, span) => `<TD ALIGN="LEFT" COLSPAN="${span}">${text}</TD>`;
  const cells = rows.map((row) =>
    Array.isArray(row) ? row.map((text) => cell(text, 1)).join('') : cell(row, 2),
  );
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">${cells.map((row) => `<TR>${row}</TR>`).join('')}</TABLE>`;
}

function font(colour, size, text) {
  return `<FONT COLOR="${colour}" POINT-SIZE="${size * ROOM}">${text}</FONT>`;
}
